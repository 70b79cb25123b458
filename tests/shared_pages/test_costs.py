"""C3: addresses that are invented without end are built one by one, so each costs its sender more than a page from
memory."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app.http import doors
from app.http.doors import ACT, LIGHT, LOOK, Allowances
from app.shared_pages.front import put_in_front
from tests.api.client import application
from tests.cashier import clock, world
from tests.world import World

__all__ = ["clock", "world"]


@pytest.fixture
def stranger(world: World, database_url: str) -> Iterator[FlaskClient]:
    """A visitor whose address is known, at the doors of the whole application."""
    app = application(database_url, world.deps, TRUSTED_PROXIES="1", ADDRESS_REQUESTS_PER_S="1000")
    front = put_in_front(app)
    doors.put_in_front(app)
    client = app.test_client()
    client.environ_base["HTTP_X_FORWARDED_FOR"] = "198.51.100.66"
    yield client
    front.freshness.stop()


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
