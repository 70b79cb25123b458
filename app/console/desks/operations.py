"""Background jobs."""

from flask import render_template

from app.console.blueprint import blueprint
from app.current import deps
from app.http import access
from app.http.scope import Where
from app.i18n.job_labels import counts_text
from app.jobs.runs import last_runs
from campaigns.network.roles import Permission


@blueprint.get("/jobs", endpoint="jobs")
@access.signed_in(Permission.READ, where=Where.ANY)
def list_jobs() -> str:
    """Show the last run of every job."""
    with deps().db.transaction() as tx:
        rows, now = last_runs(tx), tx.now
    return render_template(
        "console/jobs.html", rows=[rows[name] for name in sorted(rows)], now=now, counts_text=counts_text
    )
