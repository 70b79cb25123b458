"""Offline gifts as spreadsheets write them, and hand-entered money that can be taken back. Amounts are fen."""

from datetime import UTC, datetime

import pytest

from campaigns.donations.explain import explain
from campaigns.import_plan import Confirmation
from kernel.errors import Conflict
from kernel.ids import donation_id_of
from tests.real_life.files_steps import BOTH, HEAD, codes, gift, refused, sample, stands, take, world
from tests.world import World

__all__ = ["world"]


# Offline gifts as spreadsheets write them.


@pytest.mark.parametrize(
    ("name", "gifts", "raised"),
    [
        ("offline-excel-zh.gbk.csv", 2, 1_050_00),
        ("offline-rare-names.gb18030.csv", 2, 200_00),
        ("offline-excel-dates.utf8bom.csv", 1, 100_00),
        ("offline-same-phone-three-ways.csv", 3, 300_00),
    ],
)
def test_a_file_of_excel_is_read_and_importing_it_again_changes_nothing(
    world: World, name: str, gifts: int, raised: int
) -> None:
    assert take(world, sample(name)) == gifts
    assert world.totals().raised_minor == raised
    assert take(world, sample(name)) == 0
    assert world.totals().raised_minor == raised


def test_the_same_file_saved_by_another_program_changes_nothing(world: World) -> None:
    take(world, sample("offline-same-phone-three-ways.csv"))
    text = sample("offline-same-phone-three-ways.csv").decode().replace("2026-09-09", "2026/9/9")
    again = text.replace(",100,", ',"¥100.00",').replace("138 0013 8000", "13800138000").replace(",", ";")
    assert take(world, again.replace('"', "").encode("utf-16")) == 0
    assert take(world, text.replace("BOX-1", "\u200bBOX-1\t").encode("gb18030")) == 0


def test_one_phone_three_ways_is_one_donor(world: World) -> None:
    take(world, sample("offline-same-phone-three-ways.csv"))
    assert world.do(lambda tx: tx.scalar("SELECT count(DISTINCT donor_key) FROM donation")) == 1


def test_an_amount_that_can_be_read_in_two_ways_is_named_with_both(world: World) -> None:
    faults = refused(world, sample("offline-decimal-comma.csv"))
    assert codes(faults) == {"line 2.amount_yuan": "amount_ambiguous"}
    assert faults["line 2.amount_yuan"].params == {"readings_minor": [100_50, 10050_00]}


def test_chinese_headers_preamble_and_total_line(world: World) -> None:
    text = (
        "洛阳市慈善总会 捐款箱登记表,,,\n\n凭证号,项目编号,金额（元）,捐赠时间\n"
        "箱-1,P000033,１００元,2026年9月9日 上午9点\n箱-2,P000034,50,2026/9/9 10:05\n合计,,150,\n"
    )
    assert take(world, text.encode("gbk")) == 2
    assert world.totals().raised_minor == 150_00


@pytest.mark.parametrize(
    ("total", "fault"),
    [
        ("合计,,150,", None),
        ("小计,,150,", None),
        ('合计,,"1,50",', "amount_ambiguous"),
        ("总计：,,149.99,", "sum_differs"),
        ("合计,2笔,,", None),
    ],
)
def test_a_total_line_is_compared_with_the_rows(world: World, total: str, fault: str | None) -> None:
    text = (
        f"凭证号,项目编号,金额,捐赠时间\n箱-1,P000033,100,2026-9-9 9:00\n箱-2,P000034,50,2026-9-9 10:05\n{total}\n"
    )
    if fault is None:
        assert take(world, text) == 2
    else:
        assert codes(refused(world, text.encode())) == {"line 4.amount_yuan": fault}


@pytest.mark.parametrize("reference", ["SUMMER-1", "Total2", "sum-1", "#12", "totally"])
def test_a_reference_that_looks_like_a_total_is_a_gift(world: World, reference: str) -> None:
    assert take(world, HEAD + f"{reference},P000033,100,2026-09-09 10:00,,\n") == 1


def test_numbers_that_excel_ruined_are_named_and_not_taken(world: World) -> None:
    rows = (
        "1.23E+17,P000033,5,2026/9/9 10:00,,\nBOX-2,P000033,5,46274.5,1.38E+10,\nBOX-3,P000033,#REF!,2026/9/9,,\n"
    )
    assert codes(refused(world, HEAD + rows)) == {
        "line 2.reference": "spreadsheet_number",
        "line 3.donor": "spreadsheet_number",
        "line 3.paid_at": "spreadsheet_number",
        "line 4.amount_yuan": "spreadsheet_error",
    }


def test_a_gift_with_a_day_only_counts_at_noon_within_the_campaign_and_not_in_the_future(world: World) -> None:
    world.clock.advance(hours=3)
    assert take(world, HEAD + "BOX-1,P000033,100,2026/9/9,,\n") == 1
    assert gift(world, "BOX-1").paid_at == datetime(2026, 9, 9, 4, 0, tzinfo=UTC)
    assert take(world, HEAD + "BOX-1,P000033,100,2026-09-09,,\n") == 0
    world.do(lambda tx: tx.run("UPDATE campaign SET opens_at = :at", at=datetime(2026, 9, 9, 6, 0, tzinfo=UTC)))
    assert take(world, HEAD + "BOX-2,P000033,100,2026/9/9,,\n") == 1
    assert gift(world, "BOX-2").paid_at == datetime(2026, 9, 9, 6, 0, tzinfo=UTC)
    world.check()


def test_a_day_that_no_campaign_covers_and_a_time_that_has_not_come_are_refused(world: World) -> None:
    rows = "BOX-1,P000033,5,2026/9/8,,\nBOX-2,P000033,5,2026/9/10,,\nBOX-3,P000033,5,2026/9/9 13:00,,\n"
    assert codes(refused(world, HEAD + rows)) == {
        "line 2.paid_at": "no_campaign_open",
        "line 3.paid_at": "no_campaign_open",
        "line 4.paid_at": "in_the_future",
    }


def test_a_reference_repeated_for_another_donation_is_reported_with_both(world: World) -> None:
    take(world, HEAD + "BOX-1,P000033,100,2026-09-09 10:00,,\n")
    with pytest.raises(Conflict) as error:
        take(world, HEAD + "BOX-1,P000034,100,2026-09-09 10:00,,\nBOX-2,P000034,1,2026-09-09 10:00,,\n")
    assert error.value.code == "donation_id_reused"
    assert "P000033 100.00" in error.value.fields["line 2.reference"].params["before"]
    assert world.totals().raised_minor == 100_00


def test_letter_case_and_spaces_do_not_tell_two_references_apart(world: World) -> None:
    assert take(world, HEAD + "Box 1,P000033,100,2026-09-09 10:00,,\n") == 1
    assert take(world, HEAD + "BOX1,P000033,100,2026-09-09 10:00,,\n") == 0
    with pytest.raises(Conflict) as error:
        take(world, HEAD + "ＢＯＸ 1,P000033,200,2026-09-09 10:00,,\n")
    assert error.value.code == "donation_id_reused"
    twice = refused(world, HEAD + "A-1,P000033,5,2026-09-09 10:00,,\na-1,P000033,5,2026-09-09 10:00,,\n")
    assert codes(twice) == {"line 3.reference": "repeated_line"}
    taken_back = "box 1-r,P000033,-30,2026-09-09 11:00,,\n"
    reason = Confirmation("li", "wang", reason="typed twice")
    assert take(world, HEAD + taken_back, reason) == 1
    assert take(world, HEAD + taken_back.upper(), reason) == 0
    assert world.totals().raised_minor == 70_00
    world.check()


# Hand-entered money can be taken back.


def test_hand_entered_money_can_be_taken_back(world: World) -> None:
    assert codes(refused(world, sample("offline-typo-million.csv"))) == {"line 2.amount_yuan": "unusually_large"}
    assert codes(refused(world, sample("offline-typo-million.csv"), Confirmation("li", large=True))) == {
        "line 2.amount_yuan": "unusually_large"
    }
    assert take(world, HEAD + "BOX-1,P000033,1000,2026-09-09 10:00,,张三\n") == 1
    assert stands(world) == ("paid", 0, 1_000_00)
    free = next(iter(world.pots().values()))
    assert take(world, sample("offline-correction.csv"), BOTH) == 1
    assert stands(world) == ("paid", 900_00, 100_00)
    assert next(iter(world.pots().values())) != free
    assert take(world, sample("offline-correction.csv"), BOTH) == 0
    assert stands(world) == ("paid", 900_00, 100_00)


def test_a_gift_above_the_maximum_is_taken_when_it_is_confirmed(world: World) -> None:
    large = Confirmation("li", confirmed_by="wang", reason="a company's transfer", large=True)
    assert take(world, sample("offline-typo-million.csv"), large) == 1
    assert gift(world, "BOX-1").amount_minor == 1_000_000_00
    entry = world.do(lambda tx: tx.row("SELECT detail FROM audit_entry WHERE action = 'donations.allow_large'"))
    assert entry.detail == {
        "amount_minor": 1_000_000_00,
        "reason": "a company's transfer",
        "entered_by": "li",
        "confirmed_by": "wang",
    }


def test_several_corrections_of_one_gift_add_up_and_never_take_more_than_it_has(world: World) -> None:
    take(world, HEAD + "BOX-1,P000033,100,2026-09-09 10:00,,\n")
    rows = "K-1,P000033,-30,2026-09-09 12:00,,,BOX-1,typo\nBOX-1-R2,P000033,-20,2026-09-08,,,,typo\n"
    assert take(world, HEAD + rows, BOTH) == 2
    assert stands(world) == ("paid", 50_00, 50_00)
    world.clock.advance(minutes=5)
    again = HEAD + rows + "K-3,P000033,-50,2026-09-07,,,BOX-1,all of it\n"
    over = again + "K-4,P000033,-0.01,2026-09-07,,,BOX-1,more\n"
    faults = refused(world, over, BOTH)
    assert codes(faults) == {"line 5.amount_yuan": "more_than_left"}
    assert take(world, again, BOTH) == 1
    assert stands(world) == ("refunded", 100_00, 0)
    with world.db.transaction() as tx:
        assert explain(tx, donation_id_of("offline", "BOX-1")).decisions


def test_a_correction_needs_a_reason_a_second_person_and_its_gift(world: World) -> None:
    take(world, HEAD + "BOX-1,P000033,100,2026-09-09 10:00,,\n")
    alone = Confirmation("li", confirmed_by="li")
    row = "BOX-1-R,P000033,-30,2026-09-09 12:00,,,,\n"
    assert codes(refused(world, HEAD + row, alone)) == {
        "line 2": "second_person",
        "line 2.reason": "correction_reason",
    }
    rows = (
        "BOX-9-R,P000033,-30,2026-09-09 12:00,,,,\nK-2,P000034,-30,2026-09-09,,,BOX-1,\n"
        "K-3,P000033,-30,2026-09-09,,,,\nK-4,P000033,30,2026-09-09,,,BOX-1,\n"
    )
    assert codes(refused(world, HEAD + rows, BOTH)) == {
        "line 2.corrects": "unknown_reference",
        "line 3.project_code": "other_project",
        "line 4.amount_yuan": "correction_of_what",
        "line 5.amount_yuan": "correction_not_negative",
    }
    assert stands(world) == ("paid", 0, 100_00)


def test_a_gift_and_its_correction_may_come_in_one_file(world: World) -> None:
    rows = "BOX-1,P000033,100,2026-09-09 10:00,,,,\nBOX-1-R,P000033,-100,2026-09-09,,,,typo\n"
    assert take(world, HEAD + rows, BOTH) == 2
    assert stands(world) == ("refunded", 100_00, 0)
    actions = world.do(lambda tx: tx.rows("SELECT detail FROM audit_entry WHERE action = 'donations.correct'"))
    assert [(row.detail["entered_by"], row.detail["confirmed_by"]) for row in actions] == [("li", "wang")]
