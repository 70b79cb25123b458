"""What runs by itself: messages that wait for a person, and the jobs."""

from flask import render_template

from app.console import queries
from app.console.blueprint import blueprint
from app.current import deps
from app.http import access
from campaigns.network.roles import Permission


@blueprint.get("/inbox", endpoint="inbox")
@access.signed_in(Permission.READ)
def inbox() -> str:
    """Messages from outside that wait for a person, or contradict an earlier one."""
    with deps().db.transaction() as tx:
        rows, conflicts = queries.inbox(tx), queries.inbox_conflicts(tx)
    return render_template("console/inbox.html", rows=rows, conflicts=conflicts)


@blueprint.get("/jobs", endpoint="jobs")
@access.signed_in(Permission.READ)
def jobs() -> str:
    """The last run of every job."""
    with deps().db.transaction() as tx:
        rows, now = queries.job_runs(tx), tx.now
    return render_template("console/jobs.html", rows=rows, now=now)
