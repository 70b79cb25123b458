"""The result of an event (筹款 / 配捐 / 合计), written down once from the books and never changed."""

from typing import Any

from campaigns.closing.models import ClosingReport
from campaigns.lifecycle.models import Campaign
from campaigns.projects.place_totals import by_place
from kernel.db import Tx
from kernel.ids import fingerprint
from ledger.statements import last_transfer

TABLES = ("county", "township", "village")


def write_report(tx: Tx, campaign: Campaign) -> ClosingReport:
    """Store the result of a campaign that is locked exclusively: nothing is posted for it meanwhile, so the
    accounts are its state at `ledger_mark`."""
    assert campaign.id is not None
    tables = {level: [row._asdict() for row in by_place(tx, campaign.id, level)] for level in TABLES}
    heads = tx.row("SELECT donations, donors FROM campaign_tally WHERE campaign_id = :id", id=campaign.id)
    assert heads is not None
    raised = sum(row["raised_minor"] for row in tables["county"])
    matched = sum(row["matched_minor"] for row in tables["county"])
    report: dict[str, Any] = {
        "campaign": campaign.slug,
        "currency": campaign.currency,
        "donations": heads.donations,
        "donors": heads.donors,
        "raised_minor": raised,
        "matched_minor": matched,
        "total_minor": raised + matched,
        "ledger_mark": last_transfer(tx),
        **tables,
    }
    row = ClosingReport(
        campaign_id=campaign.id,
        ledger_mark=report["ledger_mark"],
        report=report,
        report_hash=fingerprint(report),
        created_at=tx.now,
    )
    return tx.add(row)


def report(tx: Tx, campaign_id: int) -> dict[str, Any] | None:
    """The result of a closed campaign with its hash, or None while it is not closed."""
    row = tx.get(ClosingReport, campaign_id)
    return None if row is None else {**row.report, "hash": row.report_hash, "created_at": row.created_at}
