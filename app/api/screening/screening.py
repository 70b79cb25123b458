"""Screening (刷单套捐): cases with their evidence, and the decisions of reviewers."""

from typing import Any
from uuid import UUID

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields, validate

from app.api.base import make_blueprint, page_of
from app.api.campaign_views import public
from app.api.reason_schemas import AnyReasonIn
from app.api.schema_fields import Currency, Key, Minor, Prose, Text, Time, Whole, one_of
from app.api.second_person import may_wait, waiting
from app.cases import decide_together
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from app.live.publish import publish
from campaigns.appeals import MOST_APPEAL
from campaigns.audit import DONOR
from campaigns.network.roles import Permission
from campaigns.screening import appeal, cases, decide, staff
from campaigns.screening.decide_together import BATCH
from campaigns.screening.models import STATES
from campaigns.screening.open_manually import open_case
from campaigns.screening.review import review
from kernel.db import Tx

blueprint = make_blueprint("screening", "Match on hold for review because a donation may drain the pots.")


class SignalOut(Schema):
    code = Text()
    evidence = fields.Dict(
        metadata={"description": "numbers, fen and ids of donations; of `by_hand` who opened it and why"}
    )


class CaseOut(Schema):
    """A case. `held_minor` is the match (fen) on hold now, `held_at_opening_minor` the match first put on hold."""

    id = Key()
    donation = fields.UUID(attribute="donation_id")
    campaign = Text()
    project = Key(attribute="project_id")
    amount_minor = Minor()
    refunded_minor = Minor(0)
    currency = Currency()
    held_minor = Minor(0, attribute="now_held_minor")
    held_at_opening_minor = Minor(0, attribute="held_minor")
    signals = fields.List(fields.Nested(SignalOut))
    state = one_of(*STATES)
    opened_at = Time()
    decided_at = Time(allow_none=True)
    actor = Text()
    reason = Text()
    project_suspended_at = Time(attribute="suspended_at", allow_none=True)
    project_blacklisted_at = Time(attribute="blacklisted_at", allow_none=True)
    appeal = Text()
    appealed_at = Time(allow_none=True)
    answer = Text()
    answered_by = Text()
    answered_at = Time(allow_none=True)


class CaseQuery(Schema):
    state = one_of(*STATES)


class CaseTermIn(AnyReasonIn):
    until = Time(allow_none=True, metadata={"description": "null or missing: without an end"})


class DecideTogetherIn(AnyReasonIn):
    cases = fields.List(Key(), required=True, validate=validate.Length(1, BATCH))
    decision = one_of("released", "cancelled", required=True)


class DecideTogetherOut(Schema):
    decided = Whole(metadata={"description": "cases that were open and are decided now"})
    own = Whole(metadata={"description": "cases that the caller opened by hand: somebody else decides them"})


class AppealAnswerIn(AnyReasonIn):
    decision = one_of("released", "cancelled")


class AppealIn(Schema):
    text = Prose(MOST_APPEAL, required=True)


class AppealOut(Schema):
    """The case as its donor may see it."""

    donation = fields.UUID(attribute="donation_id")
    state = one_of(*STATES)
    appealed_at = Time(allow_none=True)
    answer = Text()
    answered_at = Time(allow_none=True)


class ReviewOut(Schema):
    donations = Whole()
    opened = Whole()
    open = Whole()


class StaffIn(Schema):
    phone = Text(32)
    email = Text(254)


class StaffOut(Schema):
    """A contact, without its owner's identity."""

    id = Key()
    organisation = Text(attribute="organisation_code")
    kind = one_of("phone", "email")
    created_at = Time()


@blueprint.get("/campaigns/<slug>/cases")
@access.managers(Permission.READ, where=Where.FROM_BELOW)
@blueprint.arguments(CaseQuery, location="query")
@blueprint.response(200, CaseOut(many=True))
@blueprint.paginate()
def list_cases(query: dict[str, Any], slug: str, pagination_parameters: PaginationParameters) -> Any:
    """List a campaign's cases, open ones first."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        campaign = public(tx, slug, drafts=True)
        assert campaign.id is not None
        rows, paging.item_count = cases.listed(
            tx, deps().keys, campaign.id, query.get("state"), page_of(paging), scope.branch()
        )
    return rows


@blueprint.post("/campaigns/<slug>/cases/decide")
@access.managers(Permission.SCREEN, where=Where.LISTED)
@blueprint.arguments(DecideTogetherIn)
@blueprint.response(200, DecideTogetherOut)
def decide_several(body: dict[str, Any], slug: str) -> Any:
    """Decide several open cases of the caller's branch with one reason. Idempotent: cases that are not open stay as
    they are."""
    with deps().db.transaction() as tx:
        campaign_id = public(tx, slug, drafts=True).id or 0
        done = decide_together(tx, campaign_id, body["cases"], body["decision"], body["reason"])
        tx.after_commit(lambda: publish({campaign_id}))
    return done._asdict()


@blueprint.post("/donations/<uuid:donation_id>/case")
@access.managers(Permission.SCREEN)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(201, CaseOut)
def open_manually(body: dict[str, Any], donation_id: UUID) -> Any:
    """Put the match of a paid donation on hold manually. Another person decides the case."""
    with deps().db.transaction() as tx:
        case = open_case(tx, donation_id, body["reason"], access.actor())
        tx.after_commit(lambda: publish({case.campaign_id}))
        return cases.view(tx, deps().keys, case.id or 0)


@blueprint.get("/cases/<id:case_id>")
@access.managers(Permission.READ)
@blueprint.response(200, CaseOut)
def show(case_id: int) -> Any:
    """Return a case with its evidence."""
    with deps().db.transaction() as tx:
        return cases.view(tx, deps().keys, case_id)


@blueprint.post("/cases/<id:case_id>/release")
@access.managers(Permission.SCREEN)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, CaseOut)
@may_wait(blueprint)
def release(body: dict[str, Any], case_id: int) -> Any:
    """Clear the case: the donation is sound and its match counts."""
    with deps().db.transaction() as tx:
        return waiting(tx, perform(tx, "case.release", case_id, body["reason"])) or _decided(tx, case_id)


@blueprint.post("/cases/<id:case_id>/cancel")
@access.managers(Permission.SCREEN)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, CaseOut)
@may_wait(blueprint)
def cancel(body: dict[str, Any], case_id: int) -> Any:
    """Withdraw the match; the donation itself stays."""
    with deps().db.transaction() as tx:
        return waiting(tx, perform(tx, "case.cancel", case_id, body["reason"])) or _decided(tx, case_id)


@blueprint.post("/cases/<id:case_id>/suspend-project")
@access.managers(Permission.SCREEN)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, CaseOut)
def suspend_project(body: dict[str, Any], case_id: int) -> Any:
    """Suspend the project; the case stays open."""
    with deps().db.transaction() as tx:
        decide.suspend_project(tx, case_id, body["reason"], access.actor())
        return cases.view(tx, deps().keys, case_id)


@blueprint.post("/cases/<id:case_id>/blacklist-project")
@access.managers(Permission.SCREEN, where=Where.FEDERATION)
@blueprint.arguments(CaseTermIn)
@blueprint.response(200, CaseOut)
def blacklist_project(body: dict[str, Any], case_id: int) -> Any:
    """Blacklist the project; the case stays open."""
    with deps().db.transaction() as tx:
        decide.blacklist_project(tx, case_id, body["reason"], access.actor(), body.get("until"))
        return cases.view(tx, deps().keys, case_id)


@blueprint.post("/cases/<id:case_id>/appeal")
@access.managers(Permission.SCREEN)
@blueprint.arguments(AppealIn)
@blueprint.response(200, CaseOut)
def record_appeal(body: dict[str, Any], case_id: int) -> Any:
    """Record an appeal that came by phone or letter."""
    with deps().db.transaction() as tx:
        appeal.file_appeal(tx, deps().keys, case_id, body["text"], access.actor())
        return cases.view(tx, deps().keys, case_id)


@blueprint.post("/cases/<id:case_id>/answer")
@access.managers(Permission.SCREEN)
@blueprint.arguments(AppealAnswerIn)
@blueprint.response(200, CaseOut)
@may_wait(blueprint)
def answer(body: dict[str, Any], case_id: int) -> Any:
    """Answer an appeal and, if a decision is given, decide the case again."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "case.answer", case_id, body["reason"], decision=body.get("decision"))
        return waiting(tx, outcome) or _decided(tx, case_id)


@blueprint.post("/donations/<uuid:donation_id>/appeal")
@access.donor
@blueprint.arguments(AppealIn)
@blueprint.response(200, AppealOut)
def donors_appeal(body: dict[str, Any], donation_id: UUID) -> Any:
    """Appeal, as the donor, against match being on hold or withdrawn."""
    with deps().db.transaction() as tx:
        case_id = cases.case_id_of_donation(tx, donation_id)
        return appeal.file_appeal(tx, deps().keys, case_id, body["text"], DONOR)


@blueprint.post("/campaigns/<slug>/screening-review")
@access.managers(Permission.SCREEN, own_transactions=True)
@blueprint.response(200, ReviewOut)
def review_campaign(slug: str) -> Any:
    """Screen all donations of an ended campaign. Repeating it opens no new cases."""
    return review(deps(), slug, access.actor(), publish)


@blueprint.get("/organisations/<code>/staff")
@access.managers(Permission.SCREEN)
@blueprint.response(200, StaffOut(many=True))
def list_staff(code: str) -> Any:
    """List the contacts of an organisation's staff, without their identities."""
    with deps().db.transaction() as tx:
        return staff.listed(tx, code)


@blueprint.post("/organisations/<code>/staff")
@access.managers(Permission.SCREEN)
@blueprint.arguments(StaffIn)
@blueprint.response(201, StaffOut(many=True))
def add_staff(body: dict[str, Any], code: str) -> Any:
    """Store a contact as a keyed hash. Donations from it to the organisation's projects are screened."""
    with deps().db.transaction() as tx:
        return staff.add(tx, deps().keys, code, **body, actor=access.actor())


@blueprint.delete("/staff/<id:staff_id>")
@access.managers(Permission.SCREEN)
@blueprint.response(204)
def remove_staff(staff_id: int) -> None:
    """Delete a contact."""
    with deps().db.transaction() as tx:
        staff.remove(tx, staff_id, access.actor())


def _decided(tx: Tx, case_id: int) -> dict[str, Any]:
    """Return the case in its current state, and notify open pages of the match after the commit."""
    tx.session.flush()
    shown = cases.view(tx, deps().keys, case_id)
    tx.after_commit(lambda: publish({shown["campaign_id"]}))
    return shown
