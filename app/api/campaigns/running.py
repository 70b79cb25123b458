"""Scheduled and open campaigns: extend, end early, unschedule, withdraw a project, and put a project's match on
hold."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.campaign_schemas import CampaignOut, PlanIn
from app.api.campaign_views import view
from app.api.reason_schemas import AnyReasonIn
from app.api.schema_fields import Currency, Key, Minor, Time, Whole
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access
from app.live.publish import publish
from campaigns.closing import reschedule
from campaigns.closing.withdraw import withdraw_entry
from campaigns.lifecycle import plan_corrections
from campaigns.network.roles import Permission
from campaigns.screening.freeze import hold_project_match
from kernel.money import CURRENCY

blueprint = make_blueprint("running", "What can be changed of a campaign that is scheduled or runs.")


class ExtendIn(AnyReasonIn):
    ends_at = Time(required=True, metadata={"description": "the new end, later than the end so far"})


class PlanCorrectionIn(AnyReasonIn):
    plan = fields.Nested(PlanIn, required=True, metadata={"description": "the fields to replace; null removes one"})


class WithdrawnOut(Schema):
    project = Key()
    cancelled = Whole(metadata={"description": "unpaid donations that were cancelled with it"})


class HeldOut(Schema):
    project = Key()
    cases_opened = Whole()
    cases_decided = Whole(
        metadata={"description": "donations whose case a reviewer decided before; left as they are"}
    )
    held_minor = Minor(0, metadata={"description": "match put on hold now"})
    currency = Currency()


@blueprint.post("/campaigns/<slug>/extend")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(ExtendIn)
@blueprint.response(200, CampaignOut)
@may_wait(blueprint)
def extend(body: dict[str, Any], slug: str) -> Any:
    """Postpone the end of a scheduled or open campaign. The certificate of its plan must be valid until the new
    end."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "campaign.extend", slug, body["reason"], ends_at=body["ends_at"].isoformat())
        return waiting(tx, outcome) or view(tx, outcome)


@blueprint.post("/campaigns/<slug>/end-early")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, CampaignOut)
def end_early(body: dict[str, Any], slug: str) -> Any:
    """End an open campaign now. Donors who are paying may finish."""
    with deps().db.transaction() as tx:
        return view(tx, reschedule.end_early(tx, slug, body["reason"], access.actor()))


@blueprint.post("/campaigns/<slug>/unschedule")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, CampaignOut)
def unschedule(body: dict[str, Any], slug: str) -> Any:
    """Return a scheduled campaign that has not opened to a draft."""
    with deps().db.transaction() as tx:
        return view(tx, reschedule.unschedule(tx, slug, body["reason"], access.actor()))


@blueprint.route("/campaigns/<slug>/plan", methods=["PATCH"])
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(PlanCorrectionIn)
@blueprint.response(200, CampaignOut)
def correct_plan(body: dict[str, Any], slug: str) -> Any:
    """Correct the plan of a campaign that is scheduled, open or closing, field by field. The audit trail keeps the
    previous version."""
    with deps().db.transaction() as tx:
        return view(tx, plan_corrections.correct_plan(tx, slug, body["plan"], body["reason"], access.actor()))


@blueprint.post("/campaigns/<slug>/entries/<id:project_id>/withdraw")
@access.managers(Permission.CAMPAIGNS_WRITE, resource="slug")
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, WithdrawnOut)
def withdraw(body: dict[str, Any], slug: str, project_id: int) -> Any:
    """Withdraw a project from a campaign if no donor has paid to it. Its unpaid donations are cancelled."""
    with deps().db.transaction() as tx:
        cancelled = withdraw_entry(tx, slug, project_id, body["reason"], access.actor())
    return {"project": project_id, "cancelled": cancelled}


@blueprint.post("/campaigns/<slug>/projects/<id:project_id>/hold-match")
@access.managers(Permission.SCREEN)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, HeldOut)
def hold_match(body: dict[str, Any], slug: str, project_id: int) -> Any:
    """Put the captured match of a project on hold, as cases for a reviewer."""
    with deps().db.transaction() as tx:
        held = hold_project_match(tx, slug, project_id, body["reason"], access.actor())
        tx.after_commit(lambda: publish({held.campaign_id}))
    return {"project": project_id, "currency": CURRENCY, **held._asdict()}
