"""The reconciliation report of a campaign, as a page and as a printable paper. `app/exports` has it as a table."""

from itertools import islice

from flask import Response, render_template

from app.console.blueprint import blueprint
from app.current import deps
from app.exports.reconciliation import signers
from app.http import access
from app.http.heavy_reads import heavy
from app.papers.press import Form, draw
from app.papers.reconciliation import MOST_SHOWN, report_values
from campaigns.audit import record_audit
from campaigns.disclosure.campaigns import public_campaign
from campaigns.network.roles import Permission
from campaigns.reconciliation_report import Report, Settled, differences, report_of
from kernel.db import Tx


@blueprint.get("/campaigns/<slug>/reconciliation-report", endpoint="reconciliation_report")
@access.signed_in(Permission.READ)
@heavy
def show(slug: str) -> str:
    """Show sums by source and day, what each source owes, differences with their resolution, and signatures."""
    with deps().db.snapshot() as tx:
        report, rows, more = _read(tx, slug)
    return render_template(
        "console/reconciliation_report.html",
        campaign=report.campaign,
        report=report,
        rows=rows,
        more=more,
        signers=signers,
    )


@blueprint.get("/campaigns/<slug>/reconciliation-report.pdf", endpoint="reconciliation_paper")
@access.signed_in(Permission.READ)
@heavy
def paper(slug: str) -> Response:
    """Return the report as a paper to sign and file."""
    with deps().db.snapshot() as tx:
        report, rows, more = _read(tx, slug)
        values = report_values(report, public_campaign(tx, slug).host, rows, more)
    with deps().db.transaction() as tx:
        record_audit(
            tx, access.actor(), "export.table", f"campaign:{report.campaign.id}", table="reconciliation.pdf"
        )
    response = Response(draw("reconciliation", values, Form.PDF), mimetype="application/pdf")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Disposition"] = f'inline; filename="reconciliation-{report.campaign.slug}.pdf"'
    return response


def _read(tx: Tx, slug: str) -> tuple[Report, list[Settled], int]:
    report = report_of(tx, slug)
    rows = list(islice(differences(tx, report.campaign), MOST_SHOWN))
    in_all = sum(row.differences for row in report.causes)
    return report, rows, max(0, in_all - len(rows))
