"""The result of a campaign (筹款 / 配捐 / 合计), computed once from the books and never changed."""

from datetime import timedelta
from typing import Any

from sqlmodel import select

from campaigns.audit import record_audit
from campaigns.audit_chain import head
from campaigns.closing.models import Cancellation, ClosingReport
from campaigns.closing.publication.notices import publish_result
from campaigns.closing.publication.partner_sums import state_sums
from campaigns.closing.reconciliation.bookings import booked_sums
from campaigns.lifecycle.models import Campaign, CampaignTally
from campaigns.projects.place_totals import by_place
from kernel.db import Tx
from kernel.ids import fingerprint
from ledger.statements import last_transfer

ACTOR = "scheduler"
REPORTED = "campaign.report"  # the audit entry that records a report's hash
TABLES = ("county", "township", "village")


def write_report(tx: Tx, campaign: Campaign, cancelled: Cancellation | None = None) -> ClosingReport:
    """Store the result of a campaign from its accounts as they are at `ledger_mark`. For a cancelled campaign it
    includes what had been paid until then. The head of the audit chain is published with it. Unless the campaign
    was cancelled, the first public notice by project is published too. Each platform is sent its sums.

    The campaign is locked exclusively, so nothing is posted for it meanwhile.
    """
    assert campaign.id is not None
    tables = {level: [row._asdict() for row in by_place(tx, campaign.id, level)] for level in TABLES}
    tally = tx.first(select(CampaignTally).where(CampaignTally.campaign_id == campaign.id))
    assert tally is not None
    raised = sum(row["raised_minor"] for row in tables["county"])
    matched = sum(row["matched_minor"] for row in tables["county"])
    report: dict[str, Any] = {
        "campaign": campaign.slug,
        "currency": campaign.currency,
        "donations": tally.donations,
        "donors": tally.donors,
        "raised_minor": raised,
        "matched_minor": matched,
        "total_minor": raised + matched,
        "ledger_mark": last_transfer(tx),
        **tables,
        "suspense": [row._asdict() for row in booked_sums(tx, campaign.id)],
        "audit": head(tx)._asdict(),
    }
    if cancelled is not None:
        figures = ("donations", "donors", "raised_minor")
        report["cancelled"] = {name: getattr(cancelled, name) for name in figures}
    row = ClosingReport(
        campaign_id=campaign.id,
        ledger_mark=report["ledger_mark"],
        report=report,
        report_hash=fingerprint(report),
        created_at=tx.now,
    )
    record_audit(tx, ACTOR, REPORTED, f"campaign:{campaign.id}", report_hash=row.report_hash)
    if cancelled is None:
        publish_result(tx, campaign, ACTOR)
        state_sums(tx, campaign, tx.now + timedelta(seconds=campaign.notice_s))
    else:
        state_sums(tx, campaign)
    return tx.add(row)


def report(tx: Tx, campaign_id: int) -> dict[str, Any] | None:
    """Return the result of a closed campaign with its hash; None until it is closed."""
    row = tx.get(ClosingReport, campaign_id)
    return None if row is None else {**row.report, "hash": row.report_hash, "created_at": row.created_at}
