"""The calendar of duties: what the law requires by which day, and what was done."""

from typing import Any

from flask import g
from marshmallow import Schema

from app.api.base import make_blueprint
from app.api.schema_fields import Day, Prose, Text, Time, Whole, one_of
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.duties.calendar import MOST_URL, State, calendar, mark_done
from campaigns.duties.terms import Task
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON

blueprint = make_blueprint("duties", "Duties of the law with their days: filings, publications, reports.")


class DutyOut(Schema):
    """A duty of a campaign, or of the federation when `campaign` is empty."""

    duty = Whole(1, metadata={"description": "its number in our list of 23"})
    task = one_of(*Task)
    due_on = Day()
    remind_on = Day()
    state = one_of(*State)
    campaign = Text(metadata={"description": "slug"})
    campaign_name = Text()
    note = Text()
    url = Text()
    actor = Text()
    done_at = Time(allow_none=True)


class DoneIn(Schema):
    task = one_of(*Task, required=True)
    due_on = Day(required=True)
    note = Prose(MOST_REASON, 1, required=True, metadata={"description": "what was done"})
    url = Text(MOST_URL, load_default="", metadata={"description": "where it can be seen"})


@blueprint.get("/duties")
@access.managers(Permission.READ, where=Where.LISTED)
@blueprint.response(200, DutyOut(many=True))
def list_duties() -> Any:
    """List the duties of the caller's branch: overdue ones first, then by day, completed ones last."""
    with deps().db.transaction() as tx:
        return calendar(tx, g.caller.branch_code)


@blueprint.post("/duties")
@access.managers(Permission.CAMPAIGNS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(DoneIn)
@blueprint.response(200, DutyOut)
def done_by_federation(body: dict[str, Any]) -> Any:
    """Record that the federation performed a duty due on a day. Idempotent."""
    with deps().db.transaction() as tx:
        return mark_done(tx, None, **body, actor=access.actor())


@blueprint.post("/campaigns/<string:slug>/duties")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(DoneIn)
@blueprint.response(200, DutyOut)
def done_for_campaign(body: dict[str, Any], slug: str) -> Any:
    """Record that a campaign's duty due on a day was performed. Idempotent."""
    with deps().db.transaction() as tx:
        return mark_done(tx, slug, **body, actor=access.actor())
