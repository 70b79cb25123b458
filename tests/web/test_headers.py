"""What every answer tells the browser: the best mark by the published rules, and cookies that only this site can
set."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers

import config
from app.http.security import trusted_hosts
from app.shared_pages.front import put_in_front
from campaigns.network.people import create_manager
from tests.api.client import PRODUCTION, application, problem
from tests.web import observatory
from tests.web.reader import PASSWORD, forms
from tests.world import World

SITE = "https://give.example.org"


@pytest.fixture
def site(world: World, database_url: str) -> Flask:
    """The application behind TLS, with shared pages in front."""
    settings = {"PUBLIC_URL": SITE, "TRUSTED_HOSTS": "other.example.org,.city.example"}
    app = application(database_url, world.deps, **settings)
    put_in_front(app)
    return app


@pytest.fixture
def visitor(site: Flask) -> FlaskClient:
    return site.test_client()


def pages(world: World) -> list[str]:
    return [
        "/",
        f"/c/{world.slug}",
        f"/c/{world.slug}?lang=en",
        f"/c/{world.slug}/screen",
        f"/donate/{world.slug}/{world.projects[0]}",
        "/console/sign-in",
        "/api/docs",
        "/api/openapi.json",
        f"/api/v1/campaigns/{world.slug}",
        "/nothing-here",
        "/d/00000000-0000-4000-8000-000000000000?token=x",
        "/healthz",
    ]


def test_subdomains_are_bound_when_the_installation_says_so(world: World, database_url: str) -> None:
    headers = []
    for own in ({}, {"HSTS_SUBDOMAINS": "on"}):
        site = application(database_url, world.deps, PUBLIC_URL=SITE, **own).test_client()
        headers.append(site.get("/healthz", base_url=SITE).headers["Strict-Transport-Security"])
    assert headers == ["max-age=31536000", "max-age=31536000; includeSubDomains"]


def test_every_page_gets_the_best_mark(visitor: FlaskClient, world: World) -> None:
    cookies: list[str] = []
    answers = [(path, visitor.get(path, base_url=SITE)) for path in pages(world)]
    donation = world.give(50_00)
    link = f"/d/{donation.id}?token={world.deps.keys.token(str(donation.id))}"
    answers.append((link, visitor.get(link, base_url=SITE)))
    answers.append(("bare", visitor.get(answers[-1][1].headers["Location"], base_url=SITE)))
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    _, fields = forms(visitor.get("/console/sign-in", base_url=SITE).text)[-1]
    filled = fields | {"login": "boss", "password": PASSWORD}
    signed_in = visitor.post("/console/sign-in", base_url=SITE, data=filled, headers={"Referer": SITE})
    assert signed_in.status_code == 303, signed_in.text
    answers.append(("sign-in", signed_in))
    for _, response in answers:
        cookies += response.headers.getlist("Set-Cookie")
    names = {cookie.partition("=")[0] for cookie in cookies}
    assert names == {"__Host-beishan", "__Host-visitor", "__Secure-donation", "lang"}
    for cookie in cookies:
        assert "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Domain" not in cookie
        assert not cookie.startswith("__Host-") or cookie.endswith("Path=/") or "; Path=/;" in cookie, cookie
    for path, response in answers:
        result = observatory.score(response.headers, cookies)
        assert result.total >= observatory.BEST, (path, result)
        assert min(result.parts.values()) >= 0, (path, result)
        assert result.parts["content-security-policy"] == 10, "default-src 'none', and forms go to named places"


def test_the_rules_find_what_is_missing() -> None:
    """The check of the check: without each header the score falls."""
    good = Headers(
        {
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; form-action 'self'",
            "Strict-Transport-Security": "max-age=31536000",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
    )
    best = observatory.score(good, ["a=1; Secure; HttpOnly; SameSite=Lax"]).total
    assert best == 135
    for name, _ in list(good):
        without = Headers([pair for pair in good if pair[0] != name])
        assert observatory.score(without, []).total < observatory.score(good, []).total, name
    for worse in ("default-src *", "script-src 'self' 'unsafe-inline'", "default-src 'self'; script-src data:"):
        assert observatory.policy([worse]) == -20
    assert observatory.policy(["default-src 'none'; style-src 'unsafe-inline'"]) == 0
    assert observatory.policy(["default-src 'none'; form-action https:"]) == 5
    assert observatory.cookie_flags(["session=1; SameSite=Lax"], hsts=True) == -30
    assert observatory.cookie_flags(["a=1; HttpOnly"], hsts=False) == -20


def test_pages_need_nothing_that_the_policy_forbids(visitor: FlaskClient, world: World) -> None:
    for path in pages(world):
        page = visitor.get(path, base_url=SITE).text
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page), path


@pytest.mark.parametrize(
    "host", ["evil.example", "give.example.org.evil.example", "", "127.0.0.2", "citY.example.evil"]
)
def test_a_foreign_host_is_refused_before_anything_is_made_of_it(
    visitor: FlaskClient, world: World, host: str
) -> None:
    shared, form = f"/c/{world.slug}", f"/donate/{world.slug}/{world.projects[0]}"
    for path in (shared, form, "/console/", "/static/site.css", f"/c/{world.slug}/"):
        response = visitor.get(path, headers={"Host": host})
        assert response.status_code == 400 and "host_unknown" in response.text, path
        assert not host or host not in response.text + str(response.headers.get("Location"))
    problem(visitor.get("/api/v1/campaigns", headers={"Host": host}), 400, "host_unknown")
    for probe in ("/healthz", "/readyz", "/metrics"):
        assert visitor.get(probe, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "give.example.org",
        "GIVE.example.org:443",
        "[::1]:8000",
        "other.example.org",
        "a.city.example",
        "localhost:8000",
    ],
)
def test_our_own_names_are_answered(visitor: FlaskClient, world: World, host: str) -> None:
    assert visitor.get(f"/c/{world.slug}", headers={"Host": host}).status_code == 200


def test_in_production_this_machine_is_no_name_of_the_site() -> None:
    assert trusted_hosts(config.load(PRODUCTION)) == ("give.example.org",)
    assert "127.0.0.1" in trusted_hosts(config.load({}))
