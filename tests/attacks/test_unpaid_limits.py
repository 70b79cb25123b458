"""Nobody holds a pot without paying, and nobody who shares an address is kept from giving (C4)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask

from campaigns.donations.create import Created, create_donations
from campaigns.donations.facts.replay import replay
from campaigns.donations.unpaid.expire import keep_alive
from kernel.errors import Refusal
from tests.api.client import Api, Json, application, problem
from tests.cashier import cashier, clock, world
from tests.payments.servers import Server
from tests.web.reader import Reader
from tests.world import World

__all__ = ["cashier", "clock", "world"]

LARGE = 50_000_00  # the most that a donation may be
POT = 100_000_00
SHARE = 25_000_00  # a quarter of it


@pytest.fixture
def app(world: World, database_url: str, cashier: Server) -> Flask:
    return application(database_url, world.deps, TRUSTED_PROXIES="1", ADDRESS_REQUESTS_PER_S="0")


@pytest.fixture
def api(app: Flask, world: World) -> Api:
    return Api(app.test_client(), world)


def free(world: World, pot: int) -> int:
    return world.pots()[pot].available_minor


def from_address(api: Api, address: str) -> Api:
    api.http.environ_base["HTTP_X_FORWARDED_FOR"] = address
    return api


def give(api: Api, amount_minor: int, **other: object) -> tuple[int, Json]:
    response = api.post("/donations", api.command(amount_minor, **other))
    return response.status_code, response.get_json()


def test_c4_two_anonymous_requests_do_not_hold_a_pot(api: Api, world: World) -> None:
    pot = world.pot(POT)
    held = [give(api, LARGE) for _ in range(2)]
    assert {status for status, _ in held} == {409}
    assert {body["code"] for _, body in held} == {"unpaid_match_limit"}
    assert held[0][1]["pots"] == [{"pot": pot, "reserved_minor": 0, "most_minor": SHARE}]
    assert free(world, pot) == POT
    assert give(api, SHARE)[0] == 201
    assert free(world, pot) == POT - SHARE
    problem(api.post("/donations", api.command(1_00)), 409, "unpaid_match_limit")
    world.check()


@pytest.mark.parametrize(
    "who",
    [{}, {"donor": {"phone": "13800138000"}}, {"donor": {"email": "li@example.org"}}],
    ids=["anonymous", "phone", "e-mail"],
)
def test_c4_forty_pledges_of_one_donor_are_not_all_accepted(api: Api, world: World, who: Json) -> None:
    pot = world.pot(POT)
    answers = [give(api, 10_00, accept_unmatched=True, **who) for _ in range(40)]
    assert [status for status, _ in answers] == [201] * 30 + [409] * 10
    assert answers[-1][1]["code"] == "too_many_unpaid"
    assert (answers[-1][1]["donations"], answers[-1][1]["most"]) == (30, 30)
    assert free(world, pot) == POT - 30 * 10_00
    world.check()


def test_c4_paid_donations_do_not_count_as_unpaid(api: Api, world: World) -> None:
    world.pot(POT)
    donor = {"phone": "13800138000"}
    for _ in range(3):
        status, first = give(api, SHARE, donor=donor)
        assert status == 201
        world.pay(UUID(first["id"]))
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM donation WHERE network_key IS NOT NULL")) == 0
    world.check()


def test_c4_other_donors_of_the_same_address_still_give(api: Api, world: World) -> None:
    """A school behind one address: each leaves a contact, and none is kept from giving by the others."""
    pot = world.pot(POT)
    from_address(api, "203.0.113.7")
    answers = [give(api, 500_00, donor={"email": f"pupil{number}@example.org"}) for number in range(60)]
    assert {status for status, _ in answers} == {201}
    assert free(world, pot) == POT - 60 * 500_00


def test_c4_one_address_holds_half_of_a_pot_and_gives_on_without_match(api: Api, world: World) -> None:
    pot = world.pot(POT)
    from_address(api, "203.0.113.7")
    for number in range(2):
        assert give(api, SHARE, donor={"email": f"d{number}@example.org"})[0] == 201
    status, body = give(api, 100_00, donor={"email": "next@example.org"})
    assert (status, body["code"], body["by"]) == (409, "unpaid_match_limit", "address")
    assert body["confirm"] == {"accept_unmatched": True}
    status, donation = give(api, 100_00, donor={"email": "next@example.org"}, **body["confirm"])
    assert (status, donation["match"]["reserved_minor"]) == (201, 0)
    explained = api.get(f"/donations/{donation['id']}/explanation", donation["token"]).get_json()
    assert [decision["cause"] for decision in explained["decisions"]] == ["withheld"]
    from_address(api, "203.0.113.8")
    assert give(api, 100_00, donor={"email": "elsewhere@example.org"})[0] == 201
    assert free(world, pot) == POT - 2 * SHARE - 100_00
    assert replay(world.deps, world.slug).differences == ()
    world.check()


def test_c4_addresses_of_one_network_count_together(api: Api, world: World) -> None:
    world.pot(POT)
    for number in range(2):
        from_address(api, f"2001:db8:0:7::{number + 1}")
        assert give(api, SHARE, donor={"email": f"d{number}@example.org"})[0] == 201
    from_address(api, "2001:db8:0:7:ffff::1")
    assert give(api, 100_00, donor={"email": "next@example.org"})[0] == 409


def test_c4_a_browser_does_not_pass_for_many(world: World) -> None:
    """One browser that types another contact each time counts as one."""
    pot = world.pot(POT)
    commands = [
        world.command(10_00, email=f"d{number}@example.org", visitor="tablet", network="203.0.113.9")
        for number in range(40)
    ]
    results = world.try_give(*commands)
    assert sum(isinstance(result, Created) for result in results) == 30
    assert {result.code for result in results if isinstance(result, Refusal)} == {"too_many_unpaid"}
    assert free(world, pot) == POT - 30 * 10_00


def test_c4_limits_hold_between_processes(world: World) -> None:
    """Donations of one contact at the same moment, each in a transaction of its own."""
    pot = world.pot(POT)
    commands = [world.command(SHARE // 5, email="li@example.org", network="203.0.113.9") for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        results = [
            answers[0] for answers in pool.map(lambda error: create_donations(world.deps, [error]), commands)
        ]
    assert {type(result) for result in results} == {Created}  # they accept to be unmatched
    assert free(world, pot) == POT - SHARE
    world.check()


def test_c4_a_contested_pot_is_held_for_shorter(world: World) -> None:
    world.pot(1_000_00)
    first = world.give(800_00, network="203.0.113.9")
    last = world.give(150_00, network="203.0.113.9")
    limits = world.deps.limits
    assert first.match_until == world.clock.at + timedelta(seconds=limits.reservation_s)
    assert last.match_until == world.clock.at + timedelta(seconds=limits.contested_reservation_s)
    world.clock.advance(minutes=4)
    kept = [keep_alive(world.deps, last.id)]
    world.clock.advance(minutes=4)
    kept.append(keep_alive(world.deps, last.id))
    assert kept == [last.pledged_at + timedelta(minutes=9), last.pledged_at + timedelta(minutes=10)]


def test_c4_there_is_a_switch(world: World) -> None:
    world.pot(POT)
    off = replace(world.deps, limits=replace(world.deps.limits, unpaid_limits=False))
    commands = [world.command(LARGE, id=uuid4(), network="203.0.113.9") for _ in range(2)]
    assert all(isinstance(result, Created) for result in create_donations(off, commands))


def test_c4_the_page_offers_to_give_without_match(app: Flask, world: World) -> None:
    reader = Reader(app.test_client(), world)
    world.pot(POT)
    reader.open(reader.form_page)
    page = reader.send(reader.form_page, 409, chip="", custom="30000", confirmed="3000000")
    assert "暂不能预留配捐" in page and "现在捐赠，暂不配捐" in page
