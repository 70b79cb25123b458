"""A program that uses the API: JSON in, JSON out, and every answer in the form that the contract promises."""

import json
from typing import Any
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

import config
from app.factory import create_app
from campaigns.dependencies import Dependencies
from campaigns.network.tokens import create_token
from tests.stack import compiled
from tests.world import World

STRIPE_SECRET = "whsec_test_api"  # signs the provider's webhooks
Json = dict[str, Any]

SECRETS = {
    "SECRET_KEY": "kJ8s-one-random-key-of-this-test-3fQz",
    "FIELD_KEY": "pW2x-another-random-key-of-it-9cLm-71",
}
# Settings with which production starts.
PRODUCTION = {
    **SECRETS,
    "BEISHAN_ENV": "production",
    "DATABASE_URL": "postgresql:///x",
    "STRIPE_SECRET_KEY": "sk_live_51HwLr4pQz8NnT0aXk",
    "STRIPE_WEBHOOK_SECRET": "whsec_f3Kq9ZtB1mWc7RyD5sHv",
    "PUBLIC_URL": "https://give.example.org",
}


def application(database_url: str, deps: Dependencies, **environ: str) -> Flask:
    """The application as a web server has it: errors are answered, not raised."""
    compiled()
    settings = {
        "DATABASE_URL": database_url,
        "PUBLIC_URL": "http://localhost",
        "STRIPE_WEBHOOK_SECRET": STRIPE_SECRET,
        # Tests let hours pass within one visit; those of sessions set their own.
        "SESSION_IDLE_S": "43200",
        "SESSION_IDLE_SENSITIVE_S": "43200",
        **SECRETS,
    }
    return create_app(config.load(settings | environ), deps)


def problem(response: TestResponse, status: int, code: str) -> Json:
    """The body of a refusal, which must be one in the form of RFC 9457."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    body: Json = response.get_json()
    assert (body["status"], body["code"]) == (status, code), body
    assert body["title"] and body["type"] and body["request_id"] == response.headers["X-Request-ID"]
    return body


class Api:
    """Calls with or without a token."""

    def __init__(self, http: FlaskClient, world: World) -> None:
        self.http = http
        self.world = world
        self._tokens: dict[str, str] = {}

    def token(self, role: str = "admin") -> str:
        if role not in self._tokens:
            self._tokens[role] = self.world.do(create_token, role, f"test {role}")
        return self._tokens[role]

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        # Not the test client's own JSON: that cannot send half a surrogate pair.
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.http.open(f"/api/v1{path}", method=method, headers=headers, **sent)

    def get(self, path: str, token: str | None = None) -> TestResponse:
        return self.call("GET", path, None, token)

    def post(self, path: str, body: Any = None, token: str | None = None) -> TestResponse:
        return self.call("POST", path, body, token)

    def manage(
        self, path: str, body: Any = None, status: int = 201, role: str = "admin", method: str = "POST"
    ) -> Json:
        """A manager's call that succeeds."""
        response = self.call(method, path, body, self.token(role))
        assert response.status_code == status, response.text
        listed: Json = response.get_json()
        return listed

    def command(self, amount_minor: int = 100_00, **other: Any) -> Json:
        """The body of a donation."""
        body = {
            "id": str(uuid4()),
            "campaign": self.world.slug,
            "project": self.world.projects[0],
            "amount_minor": amount_minor,
            "currency": "CNY",
        }
        return body | other

    def give(self, amount_minor: int = 100_00, **other: Any) -> Json:
        """A donation that was accepted."""
        response = self.post("/donations", self.command(amount_minor, **other))
        assert response.status_code == 201, response.text
        body: Json = response.get_json()
        return body
