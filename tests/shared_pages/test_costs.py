"""C3: pages that are built for one stranger (invented addresses, searches) cost their sender more than a page from
memory, and wait for one another."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app.http import doors
from app.http.doors import ACT, LIGHT, LOOK, Allowances
from app.shared_pages import front as front_module
from app.shared_pages.front import Front, put_in_front
from tests.api.client import application
from tests.cashier import clock, world
from tests.world import World

__all__ = ["clock", "world"]


@pytest.fixture
def front(world: World, database_url: str) -> Iterator[Front]:
    app = application(database_url, world.deps, TRUSTED_PROXIES="1", ADDRESS_REQUESTS_PER_S="1000")
    front = put_in_front(app)
    doors.put_in_front(app)
    yield front
    front.freshness.stop()


@pytest.fixture
def stranger(front: Front) -> FlaskClient:
    """A visitor whose address is known, at the doors of the whole application."""
    client = front._app.test_client()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.66"
    return client


def test_c3_an_invented_address_costs_more_than_a_page_from_memory(
    stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[float] = []

    def take(_self: Allowances, _network: str, cost: float, _now: float) -> float:
        taken.append(cost)
        return 0.0

    monkeypatch.setattr(Allowances, "delay_s", take)
    monkeypatch.setattr(Allowances, "charge", take)
    costs = {}
    for path in ("/c/day", "/c/day?again=1", "/c/day?q=abc", "/c/day?%71=abc", "/c/nothing", "/c/day/nothing.png"):
        stranger.get(path)
        costs[path] = sum(taken)
        taken.clear()
    assert costs == {
        "/c/day": ACT,
        "/c/day?again=1": LIGHT,
        "/c/day?q=abc": ACT,
        "/c/day?%71=abc": ACT,
        "/c/nothing": ACT,
        "/c/day/nothing.png": LOOK,
    }


def test_c3_pages_for_one_stranger_wait_for_one_another_and_giving_for_none(
    front: Front, stranger: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one such page is built, others wait and are refused in the end; giving and kept pages are served."""
    form = f"/donate/day/{world.projects[0]}"
    searches = ("/c/day?q=abc", "/c/nothing", "/c/day?page=2")
    assert {stranger.get(path).status_code for path in ("/c/day", form)} == {200}
    monkeypatch.setattr(front_module, "FIRST_WAIT_S", 0.01)
    with front._strangers:
        refused = {path: stranger.get(path, headers={"Cookie": "lang=en"}) for path in searches}
        assert {path: page.status_code for path, page in refused.items()} == dict.fromkeys(searches, 503)
        assert all('lang="en"' in page.text and page.headers["X-Request-ID"] for page in refused.values())
        assert {stranger.get(path).status_code for path in ("/c/day", form)} == {200}
    monkeypatch.undo()
    assert [stranger.get(path).status_code for path in searches] == [200, 404, 200]
