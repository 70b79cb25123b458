"""B: every line of every statement ends matched, booked or on a list, once; every expected statement is awaited by
name; and what comes after the result was published is a correction beside it, never a silent change."""

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask

from campaigns.closing.corrections import corrections
from campaigns.closing.reconciliation.discrepancies import listed, sign_off
from campaigns.closing.reconciliation.empty_days import record_empty_day
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.closing.report import report
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.phases import Phase
from kernel.clock import SHANGHAI
from kernel.errors import Conflict, Invalid
from payments.partners import partners
from tests.api.client import Api, application
from tests.cashier import clock, world
from tests.closing.partner import tell
from tests.web.reader import Reader, text
from tests.world import ACTOR, World

__all__ = ["clock", "world"]
HEAD = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
UNKNOWN: dict[str, int] = {"charge": 88_00, "refund": -5_00, "fee": -1_00, "dispute": -7_00, "other": 3_00}


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, world.deps)


@pytest.fixture
def plat(world: World) -> World:
    world.do(partners.create, world.deps.keys, "plat", "平台")
    return world


def bill(world: World, *rows: str) -> None:
    world.do(import_statement, "plat", HEAD + "".join(f"{row}\n" for row in rows), ACTOR)


def causes(world: World) -> dict[str, tuple[str, int]]:
    """What is listed of the campaign: reference -> cause and sum."""
    rows = world.do(listed, world.do(find_campaign, world.slug).id)[0]
    return {row.reference: (row.cause, row.sum_minor) for row in rows}


@pytest.mark.parametrize(("kind", "cause"), [("charge", "missing_here"), ("other", "adjustment")])
@pytest.mark.parametrize("again", [1, 2])
def test_b_a_line_of_an_unknown_donation_is_listed_once(plat: World, kind: str, cause: str, again: int) -> None:
    for _ in range(again):
        bill(plat, f"L-1,{kind},g-9,{UNKNOWN[kind]},0,CNY,{plat.clock.at.isoformat()}")
        plat.do(compare)
    assert causes(plat) == {"L-1": (cause, UNKNOWN[kind])}
    plat.check()


@pytest.mark.parametrize("kind", ["refund", "fee", "dispute"])
def test_b_money_that_left_for_an_unknown_donation_is_listed(plat: World, kind: str) -> None:
    bill(plat, f"L-1,{kind},g-9,{UNKNOWN[kind]},0,CNY,{plat.clock.at.isoformat()}")
    assert causes(plat) == {"L-1": (kind, UNKNOWN[kind])}
    plat.check()


@pytest.mark.parametrize(
    "other",
    [
        "L-1,charge,g-2,5000,0,CNY,{at}",
        "L-1,refund,g-1,5000,0,CNY,{at}",
        "L-1,charge,g-1,5000,0,CNY,{later}",
        "L-1,charge,g-1,5001,0,CNY,{at}",
        "L-1,charge,g-1,5000,1,CNY,{at}",
    ],
)
def test_b_a_line_that_comes_again_as_another_is_listed_and_the_first_counts(plat: World, other: str) -> None:
    times = {"at": plat.clock.at.isoformat(), "later": (plat.clock.at + timedelta(seconds=1)).isoformat()}
    tell(plat, "plat", "g-1", 50_00)
    plat.settle()
    bill(plat, "L-0,refund,g-1,-5000,0,CNY,{at}".format(**times), "L-1,charge,g-1,5000,0,CNY,{at}".format(**times))
    bill(plat, other.format(**times))
    assert causes(plat)["L-1"][0] == "contradiction"
    stored = plat.do(
        lambda tx: tx.rows("SELECT kind, source_id, amount_minor FROM provider_line WHERE line_id = 'L-1'")
    )
    assert [tuple(row) for row in stored] == [("charge", "g-1", 50_00)]
    plat.check()


def test_b_a_partner_of_which_neither_gifts_nor_bill_came_holds_the_notice_by_name(plat: World) -> None:
    _to(plat, Phase.RECONCILING)
    assert plat.close() == 0
    assert causes(plat) == {"partner:plat": ("missing_statement", 0)}
    assert plat.phase() == "reconciling"
    bill(plat, f"L-1,payout,,-100,0,CNY,{plat.do(find_campaign, plat.slug).opens_at.isoformat()}")
    plat.clock.advance(seconds=61)
    plat.close()
    assert plat.phase() == "notice"


def test_b_a_bill_is_awaited_by_partner_and_day_while_the_event_runs(plat: World) -> None:
    """Three gifts of a day are one difference, from ten o'clock of the next day on, until the bill is in."""
    day = plat.clock.at.astimezone(SHANGHAI).date()
    for gift in ("g-1", "g-2", "g-3"):
        tell(plat, "plat", gift, 50_00)
    plat.settle()
    due = datetime.combine(day + timedelta(days=1), time(10), SHANGHAI)
    plat.clock.at = due - timedelta(seconds=1)
    plat.do(compare)
    assert causes(plat) == {}
    plat.clock.at = due
    plat.do(compare)
    assert causes(plat) == {str(day): ("missing_statement", -150_00)}
    bill(plat, f"L-1,charge,g-1,5000,0,CNY,{_noon(day)}", f"L-2,charge,g-2,5000,0,CNY,{_noon(day)}")
    assert causes(plat)[str(day)][0] == "missing_statement"
    states = {row.reference: row.state for row in plat.do(listed, plat.do(find_campaign, plat.slug).id)[0]}
    assert states == {str(day): "matched"}, "the third is awaited until a later day's lines have come, or the end"
    _to(plat, Phase.RECONCILING)
    plat.close()
    assert [cause for cause, _ in causes(plat).values()] == ["missing_there", "missing_statement"]
    plat.check()


def test_b_a_partner_says_that_a_day_is_empty(plat: World) -> None:
    """Then gifts of that day which we know are differences one by one; and nothing at all is a bill, too."""
    day = plat.clock.at.astimezone(SHANGHAI).date()
    with pytest.raises(Invalid) as refused:
        plat.do(record_empty_day, "plat", day, ACTOR)
    assert (refused.value.code, list(refused.value.fields)) == ("day_invalid", ["day"])
    tell(plat, "plat", "g-1", 50_00)
    plat.settle()
    plat.clock.advance(days=2)
    plat.do(compare)
    assert list(causes(plat)) == [str(day)]
    for _ in range(2):
        plat.do(record_empty_day, "partner:plat", day, ACTOR)
    _to(plat, Phase.RECONCILING)
    plat.close()
    assert ("missing_there", -50_00) in causes(plat).values()
    bill(plat, f"L-1,charge,g-1,5000,0,CNY,{_noon(day + timedelta(days=1))}")
    with pytest.raises(Conflict, match="bill_day_has_lines"):
        plat.do(record_empty_day, "plat", day + timedelta(days=1), ACTOR)
    plat.check()


def test_b_a_partner_without_gifts_that_says_so_holds_nothing(plat: World) -> None:
    day = plat.do(find_campaign, plat.slug).opens_at.astimezone(SHANGHAI).date()
    plat.clock.advance(days=1)
    plat.do(record_empty_day, "plat", day, ACTOR)
    _to(plat, Phase.NOTICE)
    assert (causes(plat), plat.phase()) == ({}, "notice")


def _noon(day: date) -> str:
    return datetime.combine(day, time(12), SHANGHAI).isoformat()


def _to(world: World, phase: Phase) -> None:
    """Bring the campaign to this phase by the clock, without anybody's money."""
    for step in (Phase.ENDED, Phase.SETTLING, Phase.RECONCILING, Phase.NOTICE, Phase.RELEASED):
        campaign = world.do(find_campaign, world.slug)
        if campaign.phase == phase:
            return
        world.clock.at = max(world.clock.at, _due(campaign, step))
        world.close()


def _due(campaign: Any, step: Phase) -> datetime:
    seconds = {Phase.ENDED: 0, Phase.SETTLING: campaign.finishing_s}
    late = campaign.finishing_s + campaign.late_s
    after = campaign.ends_at + timedelta(seconds=seconds.get(step, late))
    if step is Phase.RELEASED:
        return max(after, campaign.phase_since + timedelta(seconds=campaign.notice_s))
    return datetime.fromisoformat(after.isoformat())


@pytest.fixture(params=[Phase.NOTICE, Phase.RELEASED])
def published(request: pytest.FixtureRequest, plat: World) -> World:
    """A campaign with a matched gift of 100.00, whose result is published (and whose match is disbursed)."""
    plat.pot(500_00)
    plat.do(lambda tx: tx.run("UPDATE partner SET statement_expected = false"))
    tell(plat, "plat", "g-1", 100_00)
    plat.settle()
    opens = plat.do(find_campaign, plat.slug).opens_at.isoformat()
    bill(plat, f"L-1,charge,g-1,10000,0,CNY,{opens}")
    _to(plat, request.param)
    assert plat.phase() == request.param
    return plat


def late(world: World) -> datetime:
    """Return when the late gift was paid: a campaign opens on the minute, so it is the day of the first bill."""
    return world.do(find_campaign, world.slug).opens_at + timedelta(seconds=30)


def late_gift(world: World, amount_minor: int = 30_00) -> None:
    """A partner tells a gift of the giving day after the result was published."""
    tell(world, "plat", "g-late", amount_minor, at=late(world))
    world.settle()


def test_b_a_gift_after_the_result_is_a_correction_beside_it(published: World) -> None:
    campaign = published.do(find_campaign, published.slug)
    before = published.do(report, campaign.id)
    late_gift(published)
    assert published.do(report, campaign.id) == before, "what was published stays"
    [correction] = published.do(corrections, campaign.id)
    figures = (correction.cause, correction.donations, correction.raised_minor, correction.matched_minor)
    assert figures == ("donation_received", 1, 30_00, 0)
    now = published.totals()
    assert now.raised_minor == before["raised_minor"] + 30_00
    published.check()


def test_b_a_refund_after_the_result_takes_money_and_match_back_as_corrections(published: World) -> None:
    campaign = published.do(find_campaign, published.slug)
    before = published.do(report, campaign.id)
    tell(published, "plat", "g-1", 40_00, kind="refunded")
    published.settle()
    sums = {row.cause: (row.raised_minor, row.matched_minor) for row in published.do(corrections, campaign.id)}
    assert sums == {"donation_refunded": (-40_00, 0), "match_returned": (0, -40_00)}
    now = published.totals()
    assert (now.raised_minor, now.matched_minor) == (
        before["raised_minor"] - 40_00,
        before["matched_minor"] - 40_00,
    )
    published.check()


def test_b_page_file_and_api_say_the_same_after_a_correction(published: World, app: Flask) -> None:
    late_gift(published)
    reader = Reader(app.test_client(), published)
    page = text(reader.open(f"/public/c/{published.slug}"))
    assert "公示之后的更正" in page and "迟到的捐款 30.00 0.00 30.00" in page
    assert "更正后合计 130.00 100.00 230.00" in page and "合计 100.00 100.00 200.00" in page
    file = reader.http.get(f"/public/c/{published.slug}.csv").text.removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(file)))
    assert rows[-1][0] == "更正后合计" and rows[-1][-3:] == ["130.00", "100.00", "230.00"]
    api = Api(app.test_client(), published)
    body = api.get(f"/campaigns/{published.slug}/reconciliation", api.token()).get_json()
    assert [(row["cause"], row["raised_minor"]) for row in body["corrections"]] == [("donation_received", 30_00)]
    totals = api.get(f"/campaigns/{published.slug}").get_json()["totals"]
    assert totals["raised_minor"] == body["report"]["raised_minor"] + 30_00


def test_b_a_gift_after_the_result_is_listed_until_its_bill_comes(published: World) -> None:
    late_gift(published)
    published.do(compare)
    assert ("missing_there", -30_00) in causes(published).values()
    bill(published, f"L-2,charge,g-late,3000,0,CNY,{late(published).isoformat()}")
    campaign = published.do(find_campaign, published.slug)
    open_now = published.do(listed, campaign.id, "open")[0]
    assert open_now == []
    published.check()


def test_b_a_signed_off_difference_is_no_correction_of_gifts(published: World) -> None:
    """A difference that is found after the result goes to suspense, not into what donors gave."""
    at = published.do(find_campaign, published.slug).opens_at.isoformat()
    bill(published, f"L-9,charge,g-9,8800,0,CNY,{at}")
    [row] = published.do(listed, published.do(find_campaign, published.slug).id, "open")[0]
    published.do(sign_off, row.id, "nobody knows it", "finance")
    assert published.do(corrections, row.campaign_id) == []
    published.check()


def test_b_before_the_result_there_is_nothing_to_correct(world: World) -> None:
    world.pay(world.give(20_00))
    campaign = world.do(find_campaign, world.slug)
    assert world.do(corrections, campaign.id) == []
