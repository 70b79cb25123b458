"""Reconciliation and the sign-off of discrepancies, for managers."""

from dataclasses import asdict
from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.campaign_views import public
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Day, Key, Text, Time, Whole, one_of
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access
from app.http.heavy_reads import heavy
from app.http.problems import plain
from app.http.scope import Where
from app.i18n.waits import wait_text
from campaigns.closing.corrections import corrections
from campaigns.closing.models import STATES
from campaigns.closing.reconciliation.bookings import booked_sums, positions
from campaigns.closing.reconciliation.discrepancies import count_open, listed
from campaigns.closing.report import report
from campaigns.closing.waits import waits
from campaigns.network.roles import Permission
from campaigns.screening.cases import count_open_cases
from ledger.chart import OF_DIFFERENCES, AccountKind

blueprint = make_blueprint("closing", "Reconciliation of a campaign with the statements of providers.")


ACCOUNT_MEANING = "of what caused the difference; `suspense`: nobody knows yet"


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
        metadata={"description": "what of the sum is booked on `account`: all of it while it is signed off"}
    )
    account = one_of(*OF_DIFFERENCES)
    suggested_account = one_of(
        *OF_DIFFERENCES, metadata={"description": "what the cause suggests; whoever signs decides"}
    )
    state = one_of(*STATES)
    reason = Text()
    actor = Text()
    found_at = Time()
    ended_at = Time(allow_none=True)


class SignOffIn(ReasonIn):
    account = one_of(*OF_DIFFERENCES, load_default=AccountKind.SUSPENSE, metadata={"description": ACCOUNT_MEANING})


class RebookIn(ReasonIn):
    account = one_of(*OF_DIFFERENCES, required=True, metadata={"description": ACCOUNT_MEANING})


class StateQuery(Schema):
    state = one_of(*STATES)


class WaitOut(Schema):
    """A reason why the campaign waits. `text` states it in the language of the request."""

    code = one_of(
        "time",
        "paying",
        "messages",
        "discrepancies",
        "bank",
        "cases",
        "payments",
        "objections",
        "partner_sums",
        "refunds",
        "refunds_failed",
        "outside",
        "disputes",
        "statement",
        "failed",
    )
    count = Whole(metadata={"description": "how many; of `failed` and `statement`: how often"})
    until = Time(allow_none=True, metadata={"description": "of `failed` and `statement`: when it was last tried"})
    detail = Text(
        metadata={
            "description": "of `failed`: the kind of the failure and its place in the code; "
            "of `time`: the phase that ends"
        }
    )
    text = Text()


class SuspenseOut(Schema):
    """The signed-off differences of one provider and cause, and the account that holds them."""

    provider = Text()
    cause = Text()
    account = one_of(*OF_DIFFERENCES)
    currency = Text()
    differences = Whole()
    amount_minor = Whole(metadata={"description": "fen; negative: the provider holds less than donations explain"})


class PositionOut(Schema):
    """What a provider holds for us according to our books, over all campaigns, including signed-off differences."""

    provider = Text()
    currency = Text()
    held_minor = Whole()
    suspense_minor = Whole(metadata={"description": "what of it was signed off and has no cause yet"})
    placed_minor = Whole(metadata={"description": "what of it was signed off and is on the account of a cause"})


class ReportCorrectionOut(Schema):
    """Changes after the closing report was written, by day in Shanghai, project and cause; amounts in fen."""

    day = Day()
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
    """Report how far the books agree with the providers' statements, and the result once it is published."""
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
            "suspense": booked_sums(tx, campaign.id),
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
    """List the discrepancies of lines that belong to no campaign, because none was open at that time."""
    with deps().db.transaction() as tx:
        rows, pagination_parameters.item_count = listed(
            tx, None, query.get("state"), page_of(pagination_parameters)
        )
        return rows


@blueprint.post("/discrepancies/<id:discrepancy_id>/sign-off")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(SignOffIn)
@blueprint.response(200, DiscrepancyOut)
@may_wait(blueprint)
def create_sign_off(body: dict[str, Any], discrepancy_id: int) -> Any:
    """Sign off a discrepancy, with a reason. Its sum is booked to the account of its cause."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "discrepancy.sign_off", discrepancy_id, body["reason"], account=str(body["account"]))
        return waiting(tx, outcome) or outcome


@blueprint.post("/discrepancies/<id:discrepancy_id>/rebook")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(RebookIn)
@blueprint.response(200, DiscrepancyOut)
@may_wait(blueprint)
def create_rebooking(body: dict[str, Any], discrepancy_id: int) -> Any:
    """Move a signed-off discrepancy to the account of another cause, with a reason, by correcting transfers."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "discrepancy.rebook", discrepancy_id, body["reason"], account=str(body["account"]))
        return waiting(tx, outcome) or outcome


@blueprint.post("/discrepancies/<id:discrepancy_id>/take-second")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, DiscrepancyOut)
@may_wait(blueprint)
def take_second(body: dict[str, Any], discrepancy_id: int) -> Any:
    """Apply, from now on, what a partner's second, differing bill states about a line, with a reason."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "discrepancy.take_second", discrepancy_id, body["reason"])
        return waiting(tx, outcome) or outcome


@blueprint.post("/discrepancies/<id:discrepancy_id>/reopen")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(ReasonIn)
@blueprint.response(200, DiscrepancyOut)
@may_wait(blueprint)
def create_reopening(body: dict[str, Any], discrepancy_id: int) -> Any:
    """Revoke a sign-off, with a reason. Another transfer corrects the booking."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "discrepancy.reopen", discrepancy_id, body["reason"])
        return waiting(tx, outcome) or outcome
