"""Signing in with a second factor, setting it up, and the own account, as a person without JavaScript does it."""

import re

import pytest
from flask import Flask
from pyotp import TOTP

from app.console.people.second_factor import TRIES
from campaigns.network import accounts
from campaigns.network.people import create_manager
from tests.api.client import application
from tests.payments.servers import Server
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World

ACCOUNT = "/console/account"


def secret_on(page: str) -> str:
    match = re.search(r"<code>([A-Z2-7]{32})</code>", page)
    assert match
    return match[1]


def recovery_codes_on(page: str) -> list[str]:
    codes = re.findall(r"<code>((?:[A-Z2-7]{4}-){5}[A-Z2-7]{4})</code>", page)
    assert len(codes) == 10
    return codes


def app_of(reader: Reader) -> TOTP:
    """Set up an app from the own account."""
    app = TOTP(secret_on(reader.open(f"{ACCOUNT}/second-factor")))
    recovery_codes_on(reader.send("/account/second-factor", code=app.at(reader.world.clock.at)))
    return app


def test_an_account_with_a_second_factor_signs_in_with_a_code(manager: Reader, world: World) -> None:
    assert "演示环境不要求" in manager.open(ACCOUNT)
    app = app_of(manager)
    assert "还有 10 个恢复码" in text(manager.open(ACCOUNT))
    manager.send("/sign-out")
    manager.open("/console/sign-in?next=/console/funds")
    page = manager.send("/console/sign-in", login="boss", password=PASSWORD)
    assert "六位数字" in page
    assert manager.http.get("/console/").status_code == 303, "the password alone opens nothing"
    assert manager.http.get("/api/v1/funds").status_code == 401
    assert "验证码不对" in manager.send("/sign-in/code", 403, code=app.at(world.clock.at)), "a used code"
    world.clock.advance(seconds=30)
    manager.send("/sign-in/code", code=app.at(world.clock.at))
    assert manager.page.request.path == "/console/funds"
    assert manager.http.get("/api/v1/funds").status_code == 200


def test_tries_are_limited(manager: Reader, world: World) -> None:
    app = app_of(manager)
    manager.send("/sign-out") if "/sign-out" in manager.open(ACCOUNT) else None
    manager.open("/console/sign-in")
    manager.send("/console/sign-in", login="boss", password=PASSWORD)
    for _ in range(TRIES):
        manager.send("/sign-in/code", 403, code="000000")
    world.clock.advance(seconds=30)
    assert "频繁" in manager.send("/sign-in/code", 429, code=app.at(world.clock.at))


def test_a_cookie_of_before_the_code_does_not_become_a_session(manager: Reader, world: World) -> None:
    app = app_of(manager)
    manager.send("/sign-out") if "/sign-out" in manager.open(ACCOUNT) else None
    manager.open("/console/sign-in")
    manager.send("/console/sign-in", login="boss", password=PASSWORD)
    name = manager.http.application.config["SESSION_COOKIE_NAME"]
    kept = manager.http.get_cookie(name)
    assert kept
    world.clock.advance(seconds=30)
    manager.send("/sign-in/code", code=app.at(world.clock.at))
    other = manager.http.application.test_client()
    other.set_cookie(name, kept.value)
    assert other.get("/console/").status_code == 303
    assert other.get("/console/sign-in/code").headers["Location"].startswith("/console/sign-in?")


@pytest.fixture
def strict(world: World, database_url: str, cashier: Server) -> Flask:
    """An installation that requires the second factor, as production does."""
    return application(
        database_url, world.deps, BEISHAN_SANDBOX="1", STRIPE_API_BASE=cashier.base, SECOND_FACTOR="required"
    )


def test_a_required_second_factor_is_set_up_at_the_first_sign_in(strict: Flask, world: World) -> None:
    for login, role in (("boss", "admin"), ("money", "finance"), ("eye", "auditor")):
        world.do(create_manager, login, PASSWORD, role, "test")
    reader = Reader(strict.test_client(), world)
    reader.sign_in_by_form("eye")
    assert "退出" in reader.open("/console/"), "not required of this role"
    world.do(accounts.set_role, "eye", "finance", None, "test")
    assert reader.http.get("/console/").status_code == 303, "required from the next request on"
    for login in ("boss", "money"):
        reader = Reader(strict.test_client(), world)
        reader.open("/console/sign-in")
        page = reader.send("/console/sign-in", login=login, password=PASSWORD)
        app = TOTP(secret_on(page))
        assert "data:image/svg+xml" in page
        assert reader.http.get("/console/").status_code == 303
        reader.send("/sign-in/code", 403, code="123")
        assert secret_on(reader.page.text) == app.secret, "the same key again"
        codes = recovery_codes_on(reader.send("/sign-in/code", code=app.at(world.clock.at)))
        assert "退出" in reader.open("/console/")
        again = Reader(strict.test_client(), world)
        again.open("/console/sign-in")
        again.send("/console/sign-in", login=login, password=PASSWORD)
        again.send("/sign-in/code", code=codes[0])
        assert "还有 9 个恢复码" in text(again.open(ACCOUNT))


def test_the_own_password(manager: Reader, world: World) -> None:
    new = {"password": "battery staple", "again": "battery staple"}
    manager.open(ACCOUNT)
    assert "现在的密码不对" in manager.send("/account/password", 422, current="x", **new)
    assert "不一样" in manager.send(
        "/account/password", 422, current=PASSWORD, password="battery staple", again="x"
    )
    assert "10" in manager.send("/account/password", 422, current=PASSWORD, password="x", again="x")
    assert "请登录" in manager.send("/account/password", current=PASSWORD, **new)
    manager.send("/console/sign-in", login="boss", password="battery staple")
    assert "退出" in manager.open("/console/")
    manager.open(ACCOUNT)
    assert "现在的密码不对" in manager.send("/account/sessions/end", 422, own="x", all="1")
    manager.send("/account/sessions/end", own="battery staple", all="1")
    assert manager.http.get("/console/").status_code == 303
