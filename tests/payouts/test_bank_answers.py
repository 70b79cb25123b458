"""The bank's answers to a payment file (pain.002): refused payments go back once, and nothing else moves."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.dependencies import SecondPerson
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, import_file, preview
from campaigns.payouts import plans
from campaigns.payouts.bank_answers import newest_answers
from campaigns.payouts.bank_marks import mark_by_statement
from campaigns.payouts.remittances import refuse
from kernel.errors import Conflict, Invalid
from payments.bank.pain002 import Answer, read_answers
from tests.payouts.released import sums
from tests.payouts.reports import answer, report
from tests.payouts.test_bank_marks import line
from tests.races.runners import at_once
from tests.world import World

FIRST, OTHER = "BS000001-00001", "BS000001-00002"
WHY = "<StsRsnInf><Rsn><Cd>AC01</Cd></Rsn><AddtlInf>账号 410012345678 不存在</AddtlInf></StsRsnInf>"


REFUSED = answer(FIRST, "RJCT", WHY, "100.00")


def take(world: World, data: bytes, second: str = "", branch: str | None = None) -> int:
    return import_file(
        world.deps, ImportRequest("payment_report", Confirmation("finance", second), "", branch), data
    ).added


def refused(world: World, data: bytes, **options: Any) -> dict[str, str]:
    """What stops a report: place -> code. Nothing is stored."""
    before = everything(world)
    with pytest.raises((Invalid, Conflict)) as refusal:
        take(world, data, **options)
    assert everything(world) == before
    return {place: why.code for place, why in refusal.value.fields.items()}


def everything(world: World) -> Any:
    count = "SELECT count(*) FROM"
    tables = ("bank_answer", "ledger_transfer", "audit_entry")
    return world.do(lambda tx: [tx.scalar(f"{count} {table}") for table in tables]), rows(world)


def rows(world: World) -> list[tuple[str, str, str]]:
    """State, reason and the bank's last answer of each remittance."""

    def read(tx: Any) -> list[tuple[str, str, str]]:
        remittances = plans.remittances_of(tx, 1)
        answers = newest_answers(tx, [row.id or 0 for row in remittances])
        newest = {id_: str(row.answer) for id_, row in answers.items()}
        return [(row.state, row.reason, newest.get(row.id or 0, "")) for row in remittances]

    outcomes: list[tuple[str, str, str]] = world.do(read)
    return outcomes


def test_a_refused_payment_goes_back_once_with_the_banks_reason(sent: World) -> None:
    assert sums(sent)["payable"] == 150_00
    data = report(REFUSED, answer(OTHER, "ACSP"))
    assert take(sent, data) == 2
    why = "AC01 账号 *5678 不存在"
    assert rows(sent) == [("withdrawn", why, "rejected"), ("sent", "", "accepted")]
    assert sums(sent)["payable"] == 50_00 and sums(sent)["share_project"] >= 100_00
    assert take(sent, data) == 0
    sent.check()
    again = sent.do(plans.make_plan, sent.slug, "maker")
    assert again.total_minor == 100_00
    row = sent.do(plans.remittances_of, 1)[1]
    line(sent, "L-1", row.end_to_end_id, -50_00)
    assert mark_by_statement(sent.deps) == 1
    assert [state for state, _, _ in rows(sent)] == ["withdrawn", "paid"]
    assert take(sent, data) == 0
    sent.check()


def test_a_status_of_the_whole_holds_for_what_is_not_named(sent: World) -> None:
    everything_else = report(answer(OTHER, "RJCT", WHY), report="R1", group="<GrpSts>ACTC</GrpSts>")
    assert take(sent, everything_else) == 2
    assert [(state, status) for state, _, status in rows(sent)] == [("sent", "pending"), ("withdrawn", "rejected")]
    assert take(sent, report(batch=f"<PmtInfSts>RJCT</PmtInfSts>{WHY}", report="R2")) == 2
    assert [(state, status) for state, _, status in rows(sent)] == [("withdrawn", "rejected")] * 2
    sent.check()


def test_a_refusal_without_a_reason_has_its_code(sent: World) -> None:
    take(sent, report(group="<GrpSts>RJCT</GrpSts>"))
    assert rows(sent) == [("withdrawn", "RJCT", "rejected")] * 2


def test_an_older_answer_after_a_newer_one_changes_nothing_that_counts(sent: World) -> None:
    accepted = report(answer(FIRST, "ACTC"), report="R0", at="2026-09-09T19:00:00+08:00")
    take(sent, report(REFUSED))
    assert take(sent, accepted) == 1
    assert rows(sent)[0] == ("withdrawn", "AC01 账号 *5678 不存在", "rejected")
    later = report(answer(FIRST, "ACSC"), report="R3", at="2026-09-09T21:00:00+08:00")
    assert set(refused(sent, later).values()) == {"payment_refused"}


def test_a_payment_made_or_on_a_statement_is_not_refused(sent: World) -> None:
    line(sent, "L-1", FIRST, -100_00)
    assert set(refused(sent, report(REFUSED)).values()) == {"payment_made"}
    assert mark_by_statement(sent.deps) == 1
    assert set(refused(sent, report(REFUSED)).values()) == {"payment_made"}


def test_a_manually_refused_payment_is_not_accepted_by_a_report(sent: World) -> None:
    sent.do(refuse, sent.do(plans.remittances_of, 1)[0].id, "the bank called", "finance")
    assert set(refused(sent, report(answer(FIRST, "ACSP"))).values()) == {"payment_refused"}
    assert take(sent, report(REFUSED)) == 1
    assert rows(sent)[0] == ("withdrawn", "the bank called", "rejected")
    sent.check()


MALFORMED: list[tuple[bytes, str | None, str]] = [
    (report(answer(FIRST, "RJCT"), message="BS000002"), "line 8.OrgnlMsgId", "message_unknown"),
    (report(answer(FIRST, "RJCT"), message="X"), "line 8.OrgnlMsgId", "message_unknown"),
    (
        report(answer("BS000001-00009", "RJCT")),
        "line 8.OrgnlPmtInfAndSts[1]/TxInfAndSts[1]/OrgnlEndToEndId",
        "payment_unknown",
    ),
    (
        report(answer(OTHER, "ACSP"), answer(FIRST, "RJCT", "", "99.99")),
        "line 9.OrgnlPmtInfAndSts[1]/TxInfAndSts[2]/OrgnlTxRef/Amt/InstdAmt",
        "payment_amount",
    ),
    (
        report(answer(FIRST, "RJCT", "", "1e2")),
        "line 8.OrgnlPmtInfAndSts[1]/TxInfAndSts[1]/OrgnlTxRef/Amt/InstdAmt",
        "not_an_amount",
    ),
    (report(answer(FIRST, "NOPE")), "line 8.OrgnlPmtInfAndSts[1]/TxInfAndSts[1]/TxSts", "not_one_of"),
    (report(answer(FIRST, "")), "line 8.OrgnlPmtInfAndSts[1]/TxInfAndSts[1]/TxSts", "required"),
    (report(REFUSED, REFUSED), "line 9.OrgnlPmtInfAndSts[1]/TxInfAndSts[2]/OrgnlEndToEndId", "repeated"),
    (report(answer("", "RJCT")), "line 8.OrgnlPmtInfAndSts[1]/TxInfAndSts[1]/OrgnlEndToEndId", "required"),
    (
        report(answer(FIRST, "ACSP"), batch="<PmtInfSts>RJCT</PmtInfSts>"),
        "line 8.OrgnlPmtInfAndSts[1]/TxInfAndSts[1]/TxSts",
        "not_one_of",
    ),
    (report(at="yesterday", group="<GrpSts>RJCT</GrpSts>"), "line 4.GrpHdr/CreDtTm", "not_a_date"),
    (report(report="", group="<GrpSts>RJCT</GrpSts>"), "line 4.GrpHdr/MsgId", "required"),
    (report(group="<GrpSts>PART</GrpSts>"), "line 3.TxInfAndSts", "required"),
    (report(REFUSED).replace(b"pain.001.001.09", b"pain.008"), None, "not_one_of"),
    (
        report(REFUSED).replace(b"<Document", b'<!DOCTYPE x [<!ENTITY a "b">]><Document'),
        "line 1",
        "document_type",
    ),
    (report(REFUSED)[:-40], None, "unreadable"),
    (b"id,status\n1,RJCT\n", "line 1", "unreadable"),
    (b"", "file", "no_rows"),
    (b"\n \n", "file", "no_rows"),
    (report(REFUSED).decode().encode("gb18030"), "line 8", "unreadable"),  # it says that it is UTF-8
    (report(REFUSED).replace(b"RJCT", b"RJ\0CT"), "line 8", "unreadable"),
    (report(REFUSED).replace(b'Ccy="CNY"', b'Ccy="CNY'), "line 8", "unreadable"),
    (report(REFUSED, report="&bank;"), "line 4", "unreadable"),
    (
        report(answer(FIRST, "RJCT", "", "9" * 40)),
        "line 8.OrgnlPmtInfAndSts[1]/TxInfAndSts[1]/OrgnlTxRef/Amt/InstdAmt",
        "not_an_amount",
    ),
    (report(), "line 3.TxInfAndSts", "required"),
    (
        report(answer("=1+1", "RJCT")),
        "line 8.OrgnlPmtInfAndSts[1]/TxInfAndSts[1]/OrgnlEndToEndId",
        "payment_unknown",
    ),
    (b"<Document><BkToCstmrStmt/></Document>", "line 1", "no_payment_report"),
]


def test_a_malformed_report_names_line_and_field_and_changes_nothing(
    sent: World, subtests: pytest.Subtests
) -> None:
    for data, place, code in MALFORMED:
        with subtests.test(place=place, code=code):
            faults = refused(sent, data)
            assert code in faults.values(), faults
            assert place is None or faults.get(place) == code, faults
            assert all(re.fullmatch(r"file|line \d+(\..+)?", name) for name in faults)


@given(st.integers(0, len(report(REFUSED)) - 1), st.integers(1, 40), st.binary(max_size=6))
def test_any_report_is_read_or_its_faults_are_named(at: int, length: int, junk: bytes) -> None:
    whole = report(REFUSED)
    try:
        file = read_answers(whole[:at] + junk + whole[at + length :])
    except Invalid as refusal:
        assert refusal.code == "import_invalid"
        return
    assert all(re.fullmatch(r"line \d+(\..+)?", place) for place in file.faults), file.faults


def test_the_codes_of_the_standard_are_read() -> None:
    def statuses(code: str) -> Sequence[Answer]:
        return [each.answer for each in read_answers(report(answer(FIRST, code))).answers]

    assert (
        statuses("RCVD") == [Answer.PENDING]
        and statuses("ACCC") == [Answer.ACCEPTED]
        and statuses("CANC") == [Answer.REJECTED]
    )


def test_much_refused_money_needs_a_second_person(sent: World) -> None:
    sent.deps = replace(sent.deps, second_person=SecondPerson(needed=True, above_minor=99_99))
    data = report(REFUSED)
    request = ImportRequest("payment_report", Confirmation("finance"))
    assert [why.code for why in preview(sent.deps, request, data).questions.values()] == ["second_person"]
    assert set(refused(sent, data).values()) == {"second_person"}
    assert set(refused(sent, data, second="finance").values()) == {"second_person"}
    assert take(sent, report(answer(OTHER, "RJCT"), report="R2")) == 1  # 50 yuan: below the limit
    assert take(sent, data, second="checker") == 1


def test_a_neighbour_answers_for_no_other_branch(sent: World) -> None:
    assert set(refused(sent, report(REFUSED), branch="4101").values()) == {"message_unknown"}
    assert take(sent, report(REFUSED), branch="41") == 1


def test_two_people_import_one_report_at_the_same_moment(sent: World) -> None:
    assert sorted(at_once(*[lambda: take(sent, report(REFUSED))] * 2)) == [0, 1]
    assert rows(sent)[0][0] == "withdrawn"
    sent.check()
