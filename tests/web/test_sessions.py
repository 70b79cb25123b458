"""A session ends on the server: the cookie that somebody kept opens nothing after that."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from campaigns.network import accounts
from campaigns.network.people import create_manager
from tests.api.client import application
from tests.payments.servers import Server
from tests.web.reader import PASSWORD, Reader
from tests.world import World

DESK = "/console/"


def copy_of(browser: FlaskClient) -> FlaskClient:
    """Another browser with a copy of this one's cookie."""
    name = browser.application.config["SESSION_COOKIE_NAME"]
    cookie = browser.get_cookie(name)
    assert cookie is not None
    client = browser.application.test_client()
    client.set_cookie(name, cookie.value)
    return client


def opens(browser: FlaskClient) -> bool:
    """Whether pages and API let this browser in."""
    page, program = browser.get(DESK).status_code, browser.get("/api/v1/funds").status_code
    assert (page, program) in ((200, 200), (303, 401))
    return page == 200


def test_a_cookie_from_before_the_sign_out_opens_nothing(manager: Reader) -> None:
    kept = copy_of(manager.http)
    assert opens(kept)
    manager.open(DESK)
    manager.send("/sign-out")
    assert not opens(kept)
    assert not opens(manager.http)


def test_signing_in_again_ends_the_session_that_this_browser_had(manager: Reader) -> None:
    kept = copy_of(manager.http)
    manager.sign_in_by_form("boss")
    assert opens(manager.http)
    assert not opens(kept)


def switch_off(world: World) -> None:
    world.do(create_manager, "other", PASSWORD, "admin", "test")  # the last administrator stays
    world.do(accounts.disable, "boss", "admin")


@pytest.mark.parametrize(
    "change",
    [
        switch_off,
        lambda world: world.do(accounts.set_password, "boss", "another " + PASSWORD, "admin"),
        lambda world: world.clock.advance(hours=12),
    ],
    ids=["off", "password", "time"],
)
def test_a_session_ends_at_once(manager: Reader, world: World, change: Callable[[World], None]) -> None:
    assert opens(manager.http)
    change(world)
    assert not opens(manager.http)


def test_one_of_the_own_sessions_is_ended_with_the_password(manager: Reader, reader: Reader, world: World) -> None:
    other = Reader(manager.http.application.test_client(), world)
    other.sign_in_by_form("boss")
    page = other.open("/console/account")
    assert page.count('name="session"') == 2
    older = re.findall(r'name="session" value="(\d+)"', page)[1]
    assert "现在的密码不对" in other.send("/account/sessions/end", 422, own="x", session=older)
    assert opens(manager.http)
    assert other.send("/account/sessions/end", own=PASSWORD, session=older).count('name="session"') == 1
    assert (opens(manager.http), opens(other.http)) == (False, True)


def test_an_idle_session_ends(world: World, database_url: str, cashier: Server) -> None:
    own = {"SESSION_IDLE_SENSITIVE_S": "600", "STRIPE_API_BASE": cashier.base}
    reader = Reader(application(database_url, world.deps, **own).test_client(), world)
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    reader.sign_in_by_form("boss")
    world.clock.advance(minutes=9)
    assert opens(reader.http)
    world.clock.advance(minutes=10)
    assert not opens(reader.http)


def test_an_account_that_is_off_is_refused_as_a_wrong_password_is(
    reader: Reader, manager: Reader, world: World
) -> None:
    switch_off(world)
    reader.open("/console/sign-in")
    assert "用户名或密码不对" in reader.send("/console/sign-in", 401, login="boss", password=PASSWORD)
