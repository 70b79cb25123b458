"""Files as people have them: what Excel and platforms write, and hand-entered money that can be taken back.

The files are those of `files/`; amounts are fen.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from campaigns.closing.import_statement import check_statement, import_statement
from campaigns.closing.reconcile import reconcile
from campaigns.donations.explain import explain
from campaigns.donations.offline_import import Confirmation, import_donations
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.tree_file import read as read_tree
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.errors import Conflict, Fault, Invalid
from kernel.ids import donation_id_of
from payments.bill import read_bill
from payments.partners import create
from tests.api.client import application
from tests.cli.conftest import Terminal
from tests.closing.partner import tell
from tests.world import ACTOR, TREE, World, build

FILES = Path(__file__).with_name("files")
HEAD = "reference,project_code,amount_yuan,paid_at,donor,donor_name,corrects,reason\n"
BOTH = Confirmation("li", confirmed_by="wang", reason="counted again")


@pytest.fixture
def world(db: Database, clock: FixedClock) -> World:
    """A campaign that has been open since four in the morning, with the projects of the sample files."""
    world = build(db, clock, opens_at=clock.at - timedelta(hours=8))
    for project, code in zip(world.projects, ("P000033", "P000034"), strict=False):
        world.do(lambda tx, p=project, c=code: tx.run("UPDATE project SET code = :c WHERE id = :p", c=c, p=p))
    world.do(create, world.deps.keys, "plat", "平台")
    world.pot(500_000_00)
    return world


@pytest.fixture
def terminal(world: World, database_url: str) -> Terminal:
    app: Flask = application(database_url, world.deps)
    return Terminal(app)


def sample(name: str) -> bytes:
    return (FILES / name).read_bytes()


def take(world: World, data: bytes | str, confirmation: Confirmation | None = None) -> int:
    added: int = world.do(import_donations, world.deps, data, ACTOR, confirmation)
    world.settle()
    world.check()
    return added


def refused(world: World, data: bytes | str, confirmation: Confirmation | None = None) -> dict[str, Fault]:
    before = stored(world)
    with pytest.raises(Invalid) as error:
        take(world, data, confirmation)
    assert stored(world) == before
    return error.value.fields


def codes(faults: dict[str, Fault]) -> dict[str, str]:
    return {place: fault.code for place, fault in faults.items()}


def gift(world: World, reference: str) -> Any:
    return world.view(donation_id_of("offline", reference))


def stands(world: World, reference: str = "BOX-1") -> tuple[str, int, int]:
    found = gift(world, reference)
    return found.status, found.refunded_minor, found.captured_minor


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
def test_what_excel_writes_is_read_and_the_same_file_again_changes_nothing(
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


def test_a_reference_that_comes_again_for_another_donation_is_told_with_both(world: World) -> None:
    take(world, HEAD + "BOX-1,P000033,100,2026-09-09 10:00,,\n")
    with pytest.raises(Conflict) as error:
        take(world, HEAD + "BOX-1,P000034,100,2026-09-09 10:00,,\nBOX-2,P000034,1,2026-09-09 10:00,,\n")
    assert error.value.code == "donation_id_reused"
    assert "P000033 100.00" in error.value.fields["line 2.reference"].params["before"]
    assert world.totals().raised_minor == 100_00


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


# Bills.


def lines(world: World) -> list[tuple[str, str, int, int]]:
    rows = world.do(
        lambda tx: tx.rows(
            "SELECT kind, source_id, amount_minor, fee_minor FROM provider_line ORDER BY occurred_at"
        )
    )
    return [tuple(row) for row in rows]


def bill(world: World, data: bytes | str) -> int:
    added: int = world.do(import_statement, "plat", data, ACTOR)
    world.check()
    return added


@pytest.mark.parametrize("name", ["bill-trailing-tabs.csv", "bill-with-total-line.csv"])
def test_a_bill_with_hidden_tabs_or_a_total_line(world: World, name: str) -> None:
    assert bill(world, sample(name)) == 1
    assert lines(world) == [("charge", "their-0001", 50_00, 30)]
    assert bill(world, sample("bill-with-total-line.csv")) == 0


def test_the_merchant_bill_of_alipay(world: World) -> None:
    assert bill(world, sample("alipay-merchant-bill.gb18030.csv")) == 3
    assert lines(world) == [
        ("charge", "20260909000000000001", 50_00, 30),
        ("charge", "20260909000000000002", 1_000_00, 6_00),
        ("refund", "20260909000000000001", -20_00, -12),
    ]
    assert bill(world, sample("alipay-merchant-bill.gb18030.csv")) == 0


def test_the_trade_bill_of_wechat_pay(world: World) -> None:
    assert bill(world, sample("wechat-trade-bill.utf8bom.csv")) == 2
    assert lines(world) == [("charge", "their-0001", 50_00, 30), ("refund", "their-0001", -20_00, -12)]


def test_a_refund_of_wechat_pay_that_failed_moved_no_money(world: World) -> None:
    text = sample("wechat-trade-bill.utf8bom.csv").replace(b"PROCESSING", b"FAIL")
    read = read_bill("plat", text)
    assert [line.kind for line in read.lines.values()] == ["charge"]
    assert (read.skipped, dict(read.faults)) == (2, {})


def test_a_fee_below_a_fen_is_named(world: World) -> None:
    text = sample("wechat-trade-bill.utf8bom.csv").replace(b"`0.30000", b"`0.30600")
    with pytest.raises(Invalid) as error:
        bill(world, text)
    assert codes(error.value.fields) == {"line 2.fee_yuan": "too_fine"}


def test_a_partners_refund_can_come_back_in_its_bill(world: World) -> None:
    assert bill(world, sample("bill-refund-came-back.csv")) == 3
    assert [amount for _, _, amount, _ in lines(world)] == [50_00, -20_00, 20_00]
    assert bill(world, sample("bill-refund-came-back.csv")) == 0


@pytest.mark.parametrize("told_by", ["refund_reversed", "refunded"])
def test_a_bill_with_a_refund_that_came_back_agrees_with_what_the_partner_tells(world: World, told_by: str) -> None:
    at = datetime(2026, 9, 9, 2, 0, tzinfo=UTC)
    tell(world, "plat", "their-0001", 50_00, at=at, project_code="P000033")
    tell(world, "plat", "their-0001", 20_00, at=at + timedelta(hours=1), kind="refunded")
    world.settle()
    bill(world, sample("bill-refund-came-back.csv"))
    campaign = world.do(find_campaign, world.slug)
    assert world.do(reconcile, campaign) == 1, "20.00 went back here, nothing there"
    total = 20_00 if told_by == "refund_reversed" else 0
    tell(world, "plat", "their-0001", total, at=at + timedelta(hours=2), kind=told_by, event_id="back")
    world.settle()
    assert world.do(reconcile, campaign) == 0
    found = world.view(donation_id_of("plat", "their-0001"))
    assert (found.status, found.refunded_minor) == ("settled", 0)
    world.check()


def test_a_refund_that_came_back_in_a_later_bill_and_one_that_never_left(world: World) -> None:
    head, charge, refund, back = sample("bill-refund-came-back.csv").decode().splitlines(keepends=True)
    with pytest.raises(Invalid) as error:
        bill(world, head + charge + back)
    assert codes(error.value.fields) == {"line 3": "refund_never_left"}
    assert bill(world, head + charge + refund) == 2
    assert bill(world, head + back) == 1


def test_a_line_that_comes_again_for_another_donation_is_told_with_both(world: World) -> None:
    text = sample("bill-with-total-line.csv").decode()
    bill(world, text)
    with pytest.raises(Conflict) as error:
        bill(world, text.replace("their-0001", "their-0002"))
    assert error.value.code == "statement_contradicts"
    told = error.value.fields["line_id L-0001"]
    assert (told.code, told.params) == (
        "line_of_another",
        {"before": "charge their-0001", "now": "charge their-0002"},
    )


def test_an_id_of_an_order_that_excel_ruined_is_named(world: World) -> None:
    text = sample("alipay-merchant-bill.gb18030.csv").replace(b"20260909000000000002\t", b"2.02609E+19")
    checked = world.do(check_statement, "plat", text)
    assert codes(dict(checked.faults)) == {"line 7.donation_id": "spreadsheet_number"}
    assert lines(world) == []


# The network, and what commands say.


def test_the_network_is_read_as_excel_writes_it_in_chinese() -> None:
    rows = TREE.splitlines()[1:]
    words = {"city": "市", "county": "区县", "township": "乡镇", "village": "村"}
    for word, chinese in words.items():
        rows = [row.replace(word, chinese) for row in rows]
    text = (
        "代码\t名称\t级别\t上级代码\n"
        + "\n".join(row.replace(",", "\t") for row in rows)
        + "\n\t\t\t\n合计\t8\t\t\n"
    )
    assert [node[1:] for node in read_tree(text.encode("utf-16"))] == [node[1:] for node in read_tree(TREE)]
    with pytest.raises(Invalid) as error:
        read_tree(TREE.replace("41010102", "4.1E+07").encode("gbk"))
    assert codes(error.value.fields) == {"line 8.code": "spreadsheet_number"}


def stored(world: World) -> tuple[int, ...]:
    return tuple(
        world.do(lambda tx, t=table: tx.scalar(f"SELECT count(*) FROM {t}"))
        for table in ("inbox_event", "provider_line", "audit_entry", "partner")
    )


def test_a_preview_says_what_was_understood_and_changes_nothing(world: World, terminal: Terminal) -> None:
    before = stored(world)
    gifts = str(FILES / "offline-excel-zh.gbk.csv")
    said = terminal.ok("import-donations", gifts, "--preview", "--lang", "en")
    for part in (
        "offline",
        "gb18030",
        "New donations: 2 rows, 1,050.00 yuan",
        "2 lines",
        "No faults",
        "2026-09-09",
    ):
        assert part in said
    said = terminal.ok("import-donations", gifts, "--preview", "--lang", "zh")
    assert "新的捐赠：2 行，共 1,050.00 元" in said
    said = terminal.ok("import-statement", "plat", str(FILES / "alipay-merchant-bill.gb18030.csv"), "--preview")
    for part in ("alipay", "1,050.00", "-20.00", "6.18", "没有发现错误", "No faults"):
        assert part in said
    assert stored(world) == before


def test_a_preview_names_every_fault_in_both_languages(world: World, terminal: Terminal) -> None:
    before = stored(world)
    result = terminal.run("import-donations", str(FILES / "offline-decimal-comma.csv"), "--preview")
    assert result.exit_code == 1
    assert "line 2.amount_yuan: " in result.stdout
    assert "第 2 行“金额”：请写清金额：是 100.50、10,050.00 元中的哪一个？" in result.stdout
    said = terminal.refused("import_invalid", "import-donations", str(FILES / "offline-typo-million.csv"))
    assert "第 2 行“金额”：超过 100,000.00 元" in said
    assert "line 2.amount_yuan: Above 100,000.00 yuan" in said
    assert stored(world) == before


def test_a_correction_by_command(world: World, terminal: Terminal, tmp_path: Path) -> None:
    take(world, HEAD + "BOX-1,P000033,1000,2026-09-09 10:00,,\n")
    file = str(FILES / "offline-correction.csv")
    assert "--confirmed-by" in terminal.refused("import_invalid", "import-donations", file, "--lang", "en")
    told = ("--reason", "typo", "--entered-by", "li", "--confirmed-by", "wang")
    assert terminal.ok("import-donations", file, *told).startswith("1 new")
    world.settle()
    assert stands(world) == ("paid", 900_00, 100_00)
    world.check()
