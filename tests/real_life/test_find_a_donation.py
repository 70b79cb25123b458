"""Find "the gift I paid at ten past nine from this phone". Amounts are fen."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.donations.donors.contact import Donor
from campaigns.donations.search import search
from campaigns.donations.search_plan import DonationQuery, Order
from campaigns.donations.view import DonationView
from campaigns.network.people import create_manager
from tests.api.client import Api, Json, problem
from tests.web.conftest import app, clock, manager, reader, world
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World

__all__ = ["app", "clock", "manager", "reader", "world"]

PHONE = "+86 138-0013-8000"


@pytest.fixture
def gifts(world: World) -> list[DonationView]:
    """Five gifts, ten minutes apart: 10 to 50 yuan; the second from a phone, the last in another branch."""
    donors = [Donor(), Donor(phone=PHONE), Donor(email="a@example.org"), Donor(), Donor()]
    views = []
    for number, donor in enumerate(donors):
        gift = world.give((number + 1) * 10_00, project=2 if number == 4 else 0, donor=donor)
        views.append(world.pay(gift, world.clock.at + timedelta(minutes=1)))
        world.clock.advance(minutes=10)
    return views


def ids(response: Json) -> list[UUID]:
    return [UUID(row["id"]) for row in response["donations"]]


def found(api: Api, query: str, role: str = "finance") -> list[UUID]:
    return ids(api.manage(f"/donations?{query}", status=200, method="GET", role=role))


def test_by_time_amount_project_and_order_number(api: Api, world: World, gifts: list[DonationView]) -> None:
    start = world.clock.at - timedelta(minutes=50)

    def at(minutes: int) -> str:
        return (start + timedelta(minutes=minutes)).isoformat().replace("+", "%2B")

    assert found(api, f"since={at(11)}&until={at(31)}") == [gifts[2].id, gifts[1].id]
    assert found(api, f"since={at(11)}&until={at(31)}&amount_minor=2000") == [gifts[1].id]
    assert found(api, "amount_minor=3000") == [gifts[2].id]
    assert found(api, f"project={world.projects[2]}") == [gifts[4].id]
    assert found(
        api, f"campaign={world.slug}&status=paid&channel=web&least_minor=3000&most_minor=4000&order=oldest"
    ) == [
        gifts[2].id,
        gifts[3].id,
    ]
    assert found(api, f"project={world.projects[0]}&amount_minor=5000") == []
    assert found(api, f"reference=pi_{gifts[3].id.hex}") == [gifts[3].id]
    assert found(api, f"id={str(gifts[0].id)[:8]}") == [gifts[0].id] == found(api, f"id={gifts[0].id}")
    assert found(api, f"id={str(gifts[0].id)[:13]}&amount_minor=1") == []


def test_by_phone_or_mail_in_any_form_and_the_log_never_has_it(
    api: Api, world: World, gifts: list[DonationView], capfd: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger().setLevel(logging.DEBUG)
    assert found(api, "contact=13800138000") == [gifts[1].id] == found(api, "contact=0086%2013800138000")
    assert found(api, "contact=A@example.org") == [gifts[2].id]
    assert found(api, "contact=13900139000") == []
    out, err = capfd.readouterr()
    assert "find" in err or "donations" in err
    assert "13800138000" not in out + err and "example.org" not in out + err
    problem(api.get("/donations?contact=nobody", api.token("finance")), 422, "search_invalid")
    problem(api.get("/donations?contact=13800138000", api.token("auditor")), 403, "not_permitted")
    problem(api.get("/donations?contact=13800138000"), 401, "token_missing")


def test_of_a_partner_by_the_platforms_order_number(api: Api, world: World) -> None:
    donation = world.give(10_00)
    world.do(lambda tx: tx.run("UPDATE donation SET payment_reference = 'ORDER 7', channel = 'partner'"))
    assert found(api, "reference=ORDER%207") == [donation.id]


def test_bad_questions_are_refused_by_name(api: Api, world: World) -> None:
    token = api.token("finance")
    for query, field in (
        ("id=abc", "id"),
        ("id=zzzzzzzz", "id"),
        ("amount_minor=0", "amount_minor"),
        ("amount_minor=x", "amount_minor"),
        ("order=best", "order"),
        ("status=lost", "status"),
        ("since=9", "since"),
        ("after=1", "after"),
    ):
        response = api.get(f"/donations?{query}", token)
        assert response.status_code == 422 and field in response.get_json()["errors"], query


def test_the_list_is_paged_by_key_and_loses_none_of_equal_times(api: Api, world: World) -> None:
    made = {world.give(10_00).id for _ in range(7)}
    seen: list[UUID] = []
    after = ""
    while True:
        page = api.manage(f"/donations?amount_minor=1000&page_size=3{after}", status=200, method="GET")
        seen += ids(page)
        if page["after"] is None:
            break
        after = f"&after={page['after']}"
    assert len(seen) == 7 and set(seen) == made


def test_without_a_question_all_are_listed_newest_first(api: Api, gifts: list[DonationView]) -> None:
    assert found(api, "") == [gift.id for gift in reversed(gifts)]


@pytest.mark.parametrize("order", Order)
def test_every_order_is_paged_without_loss(world: World, gifts: list[DonationView], order: Order) -> None:
    seen: list[UUID] = []
    after = None
    while True:
        page = world.do(search, DonationQuery(order=order), after, 2)
        seen += [line.id for line in page.donations]
        after = page.after
        if after is None:
            break
    rising = [gift.id for gift in gifts]
    assert seen == (rising if order in (Order.OLDEST, Order.SMALLEST) else rising[::-1])


def test_filters_are_of_event_place_state_channel_pot_and_amounts(world: World, gifts: list[DonationView]) -> None:
    def ids_of(**known: Any) -> list[UUID]:
        return [line.id for line in world.do(search, DonationQuery(order=Order.OLDEST, **known)).donations]

    first = gifts[0].id
    assert ids_of(campaign=world.slug) == [gift.id for gift in gifts] and ids_of(campaign="nowhere") == []
    assert ids_of(node="4102") == [gifts[4].id] and ids_of(node="nowhere") == []
    assert ids_of(least_minor=20_00, most_minor=30_00) == [gifts[1].id, gifts[2].id]
    assert ids_of(statuses=("failed",)) == [] and len(ids_of(statuses=("paid", "settled"))) == 5
    assert ids_of(channel="video") == [] and len(ids_of(channel="web")) == 5
    pot = world.pot(15_00)
    matched = world.pay(world.give(10_00))
    assert ids_of(pot=pot) == [matched.id]
    assert world.do(search, DonationQuery(pot=pot)).donations[0].matched_minor == 10_00
    waiting = world.give(20_00)
    line = world.do(search, DonationQuery(statuses=("pending", "paying"))).donations[0]
    assert (line.id, line.reserved_minor, line.matched_minor, line.given_minor) == (waiting.id, 5_00, 0, 0)
    assert first not in ids_of(branch="4102")


def test_a_branch_finds_its_own_only(reader: Reader, world: World, gifts: list[DonationView]) -> None:
    world.do(create_manager, "county", PASSWORD, "finance", "test", "4102")
    reader.sign_in("county")
    page = reader.open("/console/donations?since=2020-01-01T00:00")
    assert str(gifts[4].id) in page and str(gifts[0].id) not in page


def test_the_console_finds_by_what_is_known(manager: Reader, world: World, gifts: list[DonationView]) -> None:
    page = manager.open("/console/donations?amount=20")
    assert str(gifts[1].id) in page and str(gifts[0].id) not in page
    page = manager.open("/console/donations?amount=1,5&id=12")
    assert 'aria-invalid="true"' in page and "没有找到捐赠" not in page
    assert "没有找到捐赠" in manager.open("/console/donations?reference=nothing")
    manager.open("/console/donations")
    page = manager.send("/donations/contact", contact="138 0013 8000")
    assert str(gifts[1].id) in page and "只看一位捐赠人的捐赠" in page
    assert "13800138000" not in manager.page.request.full_path and "138" not in manager.page.request.full_path[:40]
    manager.open("/console/donations")
    assert "没有找到捐赠" in manager.send("/donations/contact", contact="x")  # a name that nobody has
    english = text(manager.open("/console/donations?amount=20&lang=en"))
    assert "Search by contact" in english and "Payment provider or partner platform order number" in english


def test_searching_by_contact_needs_the_right_to_refund(
    reader: Reader, world: World, gifts: list[DonationView]
) -> None:
    world.do(create_manager, "ears", PASSWORD, "auditor", "test")
    reader.sign_in("ears")
    assert "按联系方式查找" not in reader.open("/console/donations")
    key = world.do(lambda tx: tx.scalar("SELECT donor_key FROM donation WHERE id = :id", id=gifts[1].id))
    assert str(gifts[0].id) not in reader.open(f"/console/donations?donor={key}")
    assert str(gifts[1].id) not in reader.page.text


QUERIES = {
    "donation_pkey": DonationQuery(id="00000000"),
    "donation_donor": DonationQuery(donor_key="p:x", amount_minor=100),
    "donation_amount": DonationQuery(amount_minor=100),
    "donation_newest": DonationQuery(channel="web", until=datetime(2100, 1, 1, tzinfo=UTC)),
    "donation_rare_status": DonationQuery(statuses=("failed",)),
    "donation_rare_channel": DonationQuery(channel="video", order=Order.LARGEST),
    "donation_campaign": DonationQuery(project=1),
    "donation_reference": DonationQuery(reference="x"),
}


MANY = """
    INSERT INTO donation (id, campaign_id, project_id, amount_minor, currency, status, channel, source_code, team,
                          message, donor_key, publish_name, accept_unmatched, request_hash, pledged_at, provider,
                          payment_reference)
    SELECT gen_random_uuid(), 1, 1 + n % 3, 100 + n % 7, 'CNY', 'expired', 'web', '', '', '', 'v' || n, false, true,
           '', now() + n * interval '1 s', 'stripe', 'cs_' || n FROM generate_series(1, 5000) AS n"""


def test_each_question_has_an_index_without_statistics(world: World) -> None:
    """The table was never analysed; a scan of the whole is never chosen."""
    world.do(lambda tx: tx.run("ALTER TABLE donation SET (autovacuum_enabled = false)"))
    world.do(lambda tx: tx.run("SELECT pg_clear_relation_stats('public', 'donation')"))
    world.do(lambda tx: tx.run(MANY))
    plans: list[str] = []

    class Explaining:
        """A transaction that explains instead."""

        def __init__(self, tx: Any) -> None:
            self.tx = tx

        def __getattr__(self, name: str) -> object:
            return getattr(self.tx, name)

        def rows_as(self, _row: object, sql: str, **values: object) -> list[object]:
            plans.extend(row[0] for row in self.tx.rows(f"EXPLAIN {sql}", **values))
            return []

    def explain(tx: Any, query: DonationQuery) -> None:
        explaining: Any = Explaining(tx)
        search(explaining, query)

    for index, query in QUERIES.items():
        plans.clear()
        world.do(explain, query)
        plan = "\n".join(plans)
        assert index in plan and "Seq Scan on donation " not in plan, plan
