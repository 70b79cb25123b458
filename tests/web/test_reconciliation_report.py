"""The report of a reconciliation: page, workbook and paper say the same, and what the books say, to the fen."""

from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from campaigns.closing.reconciliation import discrepancies
from campaigns.closing.reconciliation.import_statement import import_statement
from campaigns.closing.reconciliation.reconcile import reconcile
from campaigns.closing.report import write_report
from campaigns.lifecycle.campaign import find_campaign
from campaigns.reconciliation_report import differences, report_of
from kernel.db import Tx
from kernel.money import yuan
from payments.partners import partners
from tests.closing.partner import tell
from tests.payouts.released import on_statement
from tests.web.reader import Reader, text
from tests.web.workbook import read_workbook
from tests.world import World

PATH = "/console/campaigns/day/reconciliation-report"


def stated(tx: Tx, line_id: str, donation: UUID | None, amount_minor: int) -> None:
    """A charge on the provider's statement."""
    tx.run(
        """INSERT INTO provider_line (provider, kind, line_id, source_id, donation_id, amount_minor, fee_minor,
                                      currency, occurred_at, fetched_at)
           VALUES ('stripe', 'charge', :line, :line, :donation, :amount, 0, 'CNY', :now, :now)""",
        line=line_id,
        donation=donation,
        amount=amount_minor,
        now=tx.now,
    )


@pytest.fixture
def reconciled(world: World) -> World:
    """Three gifts, one partly refunded; the statement has another amount of one, and a charge of nobody. The first
    difference is signed off."""
    gifts = [world.pay(world.give(amount, project)) for project, amount in enumerate((100_00, 50_00, 20_00))]
    world.do(stated, "txn_other", gifts[1].id, 60_00)
    world.do(stated, "txn_stray", None, 8_88)
    world.do(on_statement)
    world.refund(gifts[1], 10_00)
    campaign = world.do(find_campaign, "day")
    world.do(reconcile, campaign)
    first = world.do(discrepancies.listed, campaign.id, "open")[0][0]
    world.do(discrepancies.sign_off, first.id, "平台=更正", "finance")
    return world


def test_page_workbook_and_paper_agree_with_each_other_and_with_the_books(
    manager: Reader, reconciled: World
) -> None:
    world = reconciled
    with world.deps.db.snapshot() as tx:
        report = report_of(tx, "day")
        rows = list(differences(tx, report.campaign))
        raised = tx.scalar("SELECT CAST(sum(raised_minor) AS bigint) FROM project_raised")
        on_bill = tx.scalar("SELECT sum(amount_minor) FROM provider_line")
        fees = tx.scalar("SELECT sum(fee_minor) FROM provider_line")
    whole = report.whole
    assert (whole.books_minor, whole.stated_minor, whole.fee_minor) == (raised, on_bill, fees)
    assert whole.stated_minor - whole.books_minor == sum(row.sum_minor for row in rows)
    assert [(row.actor, row.differences) for row in report.signatures] == [("finance", 1)]

    sums = [yuan(amount) for amount in (whole.books_minor, whole.stated_minor, whole.fee_minor, whole.bank_minor)]
    page = text(manager.open(PATH))
    paper = "".join(
        sheet.extract_text() for sheet in PdfReader(BytesIO(manager.http.get(f"{PATH}.pdf").data)).pages
    )
    for shown in (*sums, *(yuan(row.sum_minor) for row in rows), "txn_stray", "平台=更正"):
        assert shown in page and shown in "".join(paper.split()), shown

    header, *table = read_workbook(manager.http.get(f"{PATH}.xlsx").data)
    (line,) = [row for row in table if row[0] == "合计"]
    columns = ("账上（元）", "对方（元）", "手续费（元）", "银行到账（元）")
    assert [fen(line[header.index(column)]) for column in columns] == [
        whole.books_minor,
        whole.stated_minor,
        whole.fee_minor,
        whole.bank_minor,
    ]
    listed = [fen(row[header.index("差额（元）")]) for row in table if row[0] == "差异"]
    assert listed == [row.sum_minor for row in rows]


def fen(cell: Any) -> int:
    number, _format = cell
    return int(Decimal(number).quantize(Decimal("0.01")) * 100)


def test_the_paper_says_below_its_differences_how_many_more_there_are(
    manager: Reader, reconciled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    reconciled.do(stated, "txn_large", None, 999_999_999_99)
    reconciled.do(reconcile, reconciled.do(find_campaign, "day"))
    monkeypatch.setattr("app.console.campaigns.reconciliation_report.MOST_SHOWN", 2)
    sheets = PdfReader(BytesIO(manager.http.get(f"{PATH}.pdf").data)).pages
    paper = "".join("".join(sheet.extract_text() for sheet in sheets).split())
    assert paper.index("怎样了结的") < paper.index("另有2条差异") < paper.index("最后签字")
    assert "1,000,000,188.87" in paper  # figures are never broken


def test_platforms_are_called_by_their_titles(manager: Reader, world: World) -> None:
    world.do(partners.create, world.deps.keys, "plat", "牡丹平台")
    tell(world, "plat", "g-1", 50_00)
    world.settle()
    at = world.clock.at.isoformat()
    head = "line_id,kind,donation_id,amount_minor,fee_minor,currency,occurred_at"
    world.do(import_statement, "plat", f"{head}\nL-2,charge,g-9,8800,0,CNY,{at}\n", "finance")
    campaign = world.do(find_campaign, "day")
    world.do(reconcile, campaign)
    for row in world.do(discrepancies.listed, campaign.id, "open")[0]:
        world.do(discrepancies.sign_off, row.id, "theirs", "finance")
    world.do(write_report, campaign)
    shown = [manager.open("/public/c/day"), manager.open(PATH), manager.http.get(f"{PATH}.csv").text]
    pages = PdfReader(BytesIO(manager.http.get(f"{PATH}.pdf").data)).pages
    shown.append("".join(page.extract_text() for page in pages).replace("\n", ""))
    gift = world.do(lambda tx: tx.scalar("SELECT id FROM donation"))
    shown.append(manager.open(f"/console/donations/{gift}/trail"))
    shown += [
        manager.http.get(f"/console/{table}.csv").text for table in ("donations", "campaigns/day/differences")
    ]
    assert ["牡丹平台" in page for page in shown] == [True] * 7
    assert "合作平台 plat" not in "".join(shown)
