"""Money from the cash box and by bank transfer comes in by file: all rows or none, each once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.intake.offline_file import read
from campaigns.intake.offline_import import import_donations
from kernel.errors import Conflict, Invalid, fault
from tests.world import ACTOR, World

HEAD = "reference,project_code,amount_yuan,paid_at,donor,donor_name\n"
GOOD = HEAD + "BOX-1,P000001,100,2026-09-09T11:30:00+08:00,,\nBOX-2,P000002,50.50,2026-09-09 11:40,13800000000,李\n"


def take(world: World, text: str) -> Any:
    return world.do(import_donations, world.deps, text, ACTOR)


def test_offline_donations_are_matched_by_the_time_of_payment_and_count_once(world: World) -> None:
    world.pot(500_00)
    assert take(world, GOOD) == 2
    assert take(world, GOOD) == 0
    world.settle()
    assert world.totals() == (2, 2, 150_50, 150_50)
    channels = world.do(lambda tx: tx.rows("SELECT DISTINCT channel, status FROM donation"))
    assert [tuple(row) for row in channels] == [("offline", "paid")]
    world.check()


def test_every_bad_row_is_named_and_nothing_is_imported(world: World) -> None:
    bad = GOOD + "BOX-3,P000001,a lot,2026-09-09 11:00,,\nBOX-4,NOPE,5,2026-09-09 11:00,,\nBOX-1,P000001,5,x,,\n"
    with pytest.raises(Invalid) as refused:
        take(world, bad)
    assert set(refused.value.fields) == {
        "line 4.amount_yuan",
        "line 5.project_code",
        "line 6.paid_at",
        "line 6.reference",
    }
    assert refused.value.fields["line 4.amount_yuan"] == fault("not_an_amount")
    assert refused.value.fields["line 6.reference"] == fault("repeated_line", line=2)
    with pytest.raises(Invalid) as refused:
        take(world, GOOD + "BOX-4,NOPE,5,2026-09-09 11:00,,\nBOX-5,P000001,5,2025-01-01,,\n")
    assert refused.value.fields == {
        "line 4.project_code": fault("unknown_project"),
        "line 5.paid_at": fault("no_campaign_open"),
    }
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM inbox_event")) == 0


def test_a_reference_identifies_one_donation(world: World) -> None:
    take(world, GOOD)
    with pytest.raises(Conflict) as refused:
        take(world, GOOD.replace(",100,", ",200,"))
    assert refused.value.code == "donation_id_reused"
    world.settle()
    assert world.totals().raised_minor == 150_50


@pytest.mark.parametrize("reference", ["BOX-1", "box-1", "Box -1"])
def test_the_bank_statement_confirms_them(world: World, reference: str) -> None:
    take(world, GOOD)
    world.settle()
    statement = (
        "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at\n"
        f"B-1,charge,{reference},10000,0,CNY,2026-09-09T12:00:00+08:00\n"
    )
    assert world.do(import_statement, "offline", statement, ACTOR) == 1


@given(st.text())
def test_whatever_the_file_holds_it_is_read_or_refused(text: str) -> None:
    for content in (text, HEAD + text):
        try:
            read(content)
        except Invalid as refused:
            assert refused.fields
