"""What goes wrong inside: a clear answer outside, and nothing personal in the logs."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.http import errors
from kernel.db import Database
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from tests.api.client import Api, application, problem
from tests.world import World

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:9/nothing?connect_timeout=1"


@pytest.fixture
def without_database(world: World) -> Iterator[FlaskClient]:
    db = Database(NOWHERE)
    yield application(NOWHERE, replace(world.deps, db=db)).test_client()
    db.close()


def test_without_the_database_the_answer_is_503(without_database: FlaskClient, api: Api) -> None:
    for response in (
        without_database.get("/api/v1/campaigns"),
        without_database.post("/api/v1/donations", json=api.command()),
        without_database.get("/api/v1/funds", headers={"Authorization": "Bearer bs_x"}),
    ):
        problem(response, 503, "database_unavailable")
        assert int(response.headers["Retry-After"]) > 0


def test_alive_and_ready_are_two_things(without_database: FlaskClient, http: FlaskClient) -> None:
    assert without_database.get("/healthz").status_code == 200
    assert without_database.get("/readyz").status_code == 503
    assert http.get("/readyz").status_code == 200


def test_metrics_are_served_without_a_database(without_database: FlaskClient) -> None:
    response = without_database.get("/metrics")
    assert response.status_code == 200
    assert "beishan_database_up 0.0" in response.text


def test_an_unexpected_exception_is_a_500_without_details(app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise RuntimeError("the secret plan")

    app.add_url_rule("/api/v1/broken", view_func=broken)
    response = app.test_client().get("/api/v1/broken", headers={"X-Request-ID": "find-me"})
    problem(response, 500, "internal_error")
    assert "secret plan" not in response.text
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert any(line["request_id"] == "find-me" and "secret plan" in line.get("exception", "") for line in lines)


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (Invalid("x"), 422),
        (Invalid("body_invalid"), 400),
        (Forbidden("x"), 403),
        (Forbidden("sign_in_failed"), 401),
        (Forbidden("token_missing"), 401),
        (Forbidden("token_invalid"), 401),
        (Forbidden("signature_invalid"), 401),
        (Forbidden("rate_limited"), 429),
        (Unavailable("x"), 503),
    ],
)
def test_the_table(refusal: Any, status: int) -> None:
    assert errors.status_of(refusal) == status


def test_params_never_replace_our_own_members(app: Flask) -> None:
    with app.test_request_context("/api/v1/x"):
        response = errors.refusal_response(Conflict("code_a", status=1, left_minor=5))
    assert (response.json["status"], response.json["code"], response.json["left_minor"]) == (409, "code_a", 5)


def test_logs_name_no_person_and_no_token(api: Api, capfd: pytest.CaptureFixture[str]) -> None:
    donor = {"name": "李小明", "email": "li@example.org", "phone": "13800138000"}
    donation = api.give(accept_unmatched=True, donor=donor)
    api.get(f"/donations/{donation['id']}?token={donation['token']}", donation["token"])
    api.post("/donations", api.command(donor={**donor, "phone": "x"}))
    api.http.get(f"/d/{donation['id']}?token={donation['token']}")
    output = capfd.readouterr().err
    assert '"event": "request"' in output
    for secret in ("李小明", "li@example.org", "13800138000", donation["token"], "client_secret"):
        assert secret not in output
