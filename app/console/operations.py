"""What runs by itself: messages that wait for a person, and the jobs."""

from flask import render_template

from app.console import reads
from app.console.frame import blueprint
from app.web.frame import engine


@blueprint.get("/inbox", endpoint="inbox")
def inbox() -> str:
    """Messages from outside that wait for a person, or contradict an earlier one."""
    with engine().db.transaction() as tx:
        rows, conflicts = reads.inbox(tx), reads.inbox_conflicts(tx)
    return render_template("console/inbox.html", rows=rows, conflicts=conflicts)


@blueprint.get("/jobs", endpoint="jobs")
def jobs() -> str:
    """The last run of every job."""
    with engine().db.transaction() as tx:
        rows, now = reads.job_runs(tx), tx.now
    return render_template("console/jobs.html", rows=rows, now=now)
