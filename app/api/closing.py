"""Reconciliation and the signing off of discrepancies, for managers."""

from dataclasses import asdict
from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.campaign_views import public
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Key, Text, Time, Whole, one_of
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access
from app.http.heavy_reads import heavy
from app.http.problems import plain
from app.http.scope import Where
from app.i18n.waits import wait_text
from campaigns.closing.corrections import corrections
from campaigns.closing.discrepancies import count_open, listed
from campaigns.closing.models import STATES
from campaigns.closing.report import report
from campaigns.closing.suspense import positions, suspense_of
from campaigns.closing.waits import waits
from campaigns.network.roles import Permission
from campaigns.screening.cases import count_open_cases

blueprint = make_blueprint("closing", "Reconciliation of a campaign with the statements of providers.")


class DiscrepancyOut(Schema):
    """A discrepancy between our books and a provider's statement; amounts in fen."""

    id = Key()
    provider = Text()
    cause = Text()
    reference = Text()
    donation = fields.UUID(attribute="donation_id", allow_none=True)
    ours_minor = Whole()
    theirs_minor = Whole()
    currency = Text()
    sum_minor = Whole(
        metadata={"description": "what the provider holds beyond what our books say; may be negative"}
    )
    booked_minor = Whole(
        metadata={"description": "what of the sum is in suspense: all of it while it is signed off"}
    )
    state = one_of(*STATES)
    reason = Text()
    actor = Text()
    found_at = Time()
    ended_at = Time(allow_none=True)


class StateQuery(Schema):
    state = one_of(*STATES)


class WaitOut(Schema):
    """One thing that the campaign waits for; `text` says it in the language of the request."""

    code = one_of(
        "time",
        "paying",
        "messages",
        "discrepancies",
        "bank",
        "cases",
        "payments",
        "objections",
        "refunds",
        "refunds_failed",
        "outside",
        "disputes",
        "statement",
        "failed",
    )
    count = Whole(metadata={"description": "how many; of `failed` and `statement`: how often"})
    until = Time(allow_none=True, metadata={"description": "of `failed` and `statement`: when it was last tried"})
    detail = Text(metadata={"description": "of `failed`: the kind of the failure and its place in the code"})
    text = Text()


class SuspenseOut(Schema):
    """What was signed off of one provider and cause; it is in the account `suspense`."""

    provider = Text()
    cause = Text()
    currency = Text()
    differences = Whole()
    amount_minor = Whole(metadata={"description": "fen; negative: the provider holds less than donations explain"})


class PositionOut(Schema):
    """What a provider holds for us by our books, over all campaigns: donations, fees, payouts and suspense."""

    provider = Text()
    currency = Text()
    held_minor = Whole()
    suspense_minor = Whole(metadata={"description": "what of it was signed off"})


class ReportCorrectionOut(Schema):
    """What moved after the closing report was written, by day in Shanghai, project and cause; fen."""

    day = fields.Date()
    project = Key(attribute="project_id")
    project_name = Text()
    cause = Text(metadata={"description": "the kind of the transfers, such as `donation_received`"})
    donations = Whole()
    raised_minor = Whole(metadata={"description": "below zero where less is left"})
    matched_minor = Whole()
    total_minor = Whole()


class ReconciliationOut(Schema):
    campaign = Text()
    phase = Text()
    open = Whole(metadata={"description": "discrepancies that nobody has explained or signed off"})
    open_cases = Whole(metadata={"description": "cases with match on hold; the public notice waits for them"})
    waits_for = fields.List(fields.Nested(WaitOut))
    discrepancies = fields.List(fields.Nested(DiscrepancyOut))
    suspense = fields.List(fields.Nested(SuspenseOut))
    positions = fields.List(fields.Nested(PositionOut))
    report = fields.Dict(allow_none=True)
    corrections = fields.List(
        fields.Nested(ReportCorrectionOut),
        metadata={"description": "report and corrections are what the books say now"},
    )


@blueprint.get("/campaigns/<slug>/reconciliation")
@access.managers(Permission.READ)
@blueprint.arguments(StateQuery, location="query")
@blueprint.response(200, ReconciliationOut)
@blueprint.paginate()
@heavy
def reconciliation(query: dict[str, Any], slug: str, pagination_parameters: PaginationParameters) -> Any:
    """Report how far the books and the providers' statements agree, and the result once it is published."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        campaign = public(tx, slug, drafts=True)
        assert campaign.id is not None
        rows, paging.item_count = listed(tx, campaign.id, query.get("state"), page_of(paging))
        return {
            "campaign": slug,
            "phase": campaign.phase,
            "open": count_open(tx, campaign.id),
            "open_cases": count_open_cases(tx, campaign.id),
            "waits_for": [{**asdict(wait), "text": wait_text(wait)} for wait in waits(tx, campaign)],
            "discrepancies": rows,
            "suspense": suspense_of(tx, campaign.id),
            "positions": positions(tx),
            "report": plain(report(tx, campaign.id)),
            "corrections": corrections(tx, campaign.id),
        }


@blueprint.get("/discrepancies")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.arguments(StateQuery, location="query")
@blueprint.response(200, DiscrepancyOut(many=True))
@blueprint.paginate()
def unplaced(query: dict[str, Any], pagination_parameters: PaginationParameters) -> Any:
    """List the discrepancies of lines that belong to no campaign: none of theirs was open at that time."""
    with deps().db.transaction() as tx:
        rows, pagination_parameters.item_count = listed(
            tx, None, query.get("state"), page_of(pagination_parameters)
        )
        return rows


@blueprint.post("/discrepancies/<id:discrepancy_id>/sign-off")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, DiscrepancyOut)
@may_wait(blueprint)
def create_sign_off(body: dict[str, Any], discrepancy_id: int) -> Any:
    """Sign off a discrepancy, with the reason. Its sum is booked to `suspense`."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "discrepancy.sign_off", discrepancy_id, body["reason"])
        return waiting(outcome) or outcome


@blueprint.post("/discrepancies/<id:discrepancy_id>/take-second")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, DiscrepancyOut)
@may_wait(blueprint)
def take_second(body: dict[str, Any], discrepancy_id: int) -> Any:
    """Let what a partner's second, different bill says of a line count from now on, with the reason."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "discrepancy.take_second", discrepancy_id, body["reason"])
        return waiting(outcome) or outcome


@blueprint.post("/discrepancies/<id:discrepancy_id>/reopen")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, DiscrepancyOut)
@may_wait(blueprint)
def create_reopening(body: dict[str, Any], discrepancy_id: int) -> Any:
    """Take back a signature, with the reason: the booking is corrected by another transfer."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "discrepancy.reopen", discrepancy_id, body["reason"])
        return waiting(outcome) or outcome
