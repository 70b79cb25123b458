"""Books, providers and bank side by side, the evidence of a discrepancy, and the sign-off of many discrepancies
together."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.closing.closing import DiscrepancyOut, SignOffIn
from app.api.reason_schemas import ReasonIn
from app.api.schema_fields import Day, Text, Time, Whole, one_of
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access
from app.http.heavy_reads import heavy
from app.http.scope import Where
from app.i18n.reconciliation_texts import suggestion
from campaigns.closing.models import CAUSES
from campaigns.closing.reconciliation.evidence import evidence, find_discrepancy
from campaigns.closing.reconciliation.sign_off_together import NO_CAMPAIGN, groups
from campaigns.closing.reconciliation.three_sides import at_bank, sides
from campaigns.network.roles import Permission

blueprint = make_blueprint("reconciliation", "Books, providers and bank side by side.")


class SignOffTogetherIn(SignOffIn):
    """A group of open differences as it was shown: its provider, cause and day, their number, and the sum of their
    absolute amounts."""

    provider = Text(required=True)
    cause = one_of(*CAUSES, required=True)
    day = Day(required=True, metadata={"description": "on which they were listed, in Shanghai"})
    differences = Whole(1, required=True)
    stake_minor = Whole(0, required=True, metadata={"description": "fen"})


class SecondBillIn(ReasonIn):
    """The lines of a partner in which bills contradict each other, as they were shown (cause `contradiction`)."""

    provider = Text(required=True)
    day = Day(required=True, metadata={"description": "on which they were listed, in Shanghai"})
    differences = Whole(1, required=True)
    stake_minor = Whole(0, required=True, metadata={"description": "fen: the larger sums of both bills"})


class GroupOut(Schema):
    provider = Text()
    cause = Text()
    currency = Text()
    day = Day()
    differences = Whole()
    sum_minor = Whole(metadata={"description": "what the other side has beyond our books"})
    stake_minor = Whole(metadata={"description": "the same without signs; of two bills the larger sums"})


class SideOut(Schema):
    """What a provider holds according to our books and its statement, and which of its payouts the bank shows; in
    fen."""

    provider = Text()
    currency = Text()
    books_minor = Whole()
    stated_minor = Whole()
    apart_minor = Whole(metadata={"description": "what the provider has beyond our books"})
    open_minor = Whole(metadata={"description": "what of it is listed as open differences"})
    sent_minor = Whole()
    arrived_minor = Whole()


class AtBankOut(Schema):
    account = Text()
    first = Day()
    last = Day()
    lines = Whole()
    in_minor = Whole()
    out_minor = Whole()
    unexplained = Whole(metadata={"description": "lines that nothing of ours explains"})


class ThreeSidesOut(Schema):
    sides = fields.List(fields.Nested(SideOut))
    accounts = fields.List(fields.Nested(AtBankOut))
    groups = fields.List(fields.Nested(GroupOut), metadata={"description": "open differences of no campaign"})


class EvidenceOut(Schema):
    side = one_of("ours", "theirs")
    kind = Text(metadata={"description": "status of a donation, kind of a line or claim, or `bank`"})
    reference = Text()
    at = Time(allow_none=True)
    amount_minor = Whole()
    other_minor = Whole(metadata={"description": "ours: given back of it; theirs: the fee"})
    currency = Text()


class DifferenceOut(DiscrepancyOut):
    evidence = fields.List(fields.Nested(EvidenceOut))
    suggestion = Text(metadata={"description": "what it may be and what helps, in the language of the request"})


@blueprint.get("/reconciliation")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, ThreeSidesOut)
@heavy
def three_sides() -> Any:
    """Show books, providers and bank side by side."""
    with deps().db.snapshot() as tx:
        return {"sides": sides(tx), "accounts": at_bank(tx), "groups": groups(tx, None)}


@blueprint.get("/discrepancies/<id:discrepancy_id>")
@access.managers(Permission.READ)
@blueprint.response(200, DifferenceOut)
def show_difference(discrepancy_id: int) -> Any:
    """Return a discrepancy with what each side reports."""
    with deps().db.snapshot() as tx:
        row = find_discrepancy(tx, discrepancy_id)
        shown = {"suggested_account": row.suggested_account, "suggestion": suggestion(row)}
        return {**row.model_dump(), **shown, "evidence": evidence(tx, row)}


@blueprint.post("/campaigns/<slug>/discrepancies/sign-off")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(SignOffTogetherIn)
@blueprint.response(200, DiscrepancyOut(many=True))
@may_wait(blueprint)
def create_sign_off_together(body: dict[str, Any], slug: str) -> Any:
    """Sign off all open discrepancies of a campaign for one provider, cause and day, as they were shown."""
    return _sign_off_together(slug, body)


@blueprint.post("/discrepancies/sign-off")
@access.managers(Permission.RECONCILE, where=Where.FEDERATION)
@blueprint.arguments(SignOffTogetherIn)
@blueprint.response(200, DiscrepancyOut(many=True))
@may_wait(blueprint)
def create_sign_off_of_none(body: dict[str, Any]) -> Any:
    """Sign off all open discrepancies that belong to no campaign, for one provider, cause and day."""
    return _sign_off_together(NO_CAMPAIGN, body)


@blueprint.post("/campaigns/<slug>/discrepancies/take-second")
@access.managers(Permission.RECONCILE)
@blueprint.arguments(SecondBillIn)
@blueprint.response(200, DiscrepancyOut(many=True))
@may_wait(blueprint)
def take_second_bill(body: dict[str, Any], slug: str) -> Any:
    """Let all lines of a partner's second, differing bill count, for one campaign, with a reason."""
    return _take_second(slug, body)


@blueprint.post("/discrepancies/take-second")
@access.managers(Permission.RECONCILE, where=Where.FEDERATION)
@blueprint.arguments(SecondBillIn)
@blueprint.response(200, DiscrepancyOut(many=True))
@may_wait(blueprint)
def take_second_bill_of_none(body: dict[str, Any]) -> Any:
    """Let all lines of a partner's second, differing bill count that belong to no campaign, with a reason."""
    return _take_second(NO_CAMPAIGN, body)


def _take_second(slug: str, body: dict[str, Any]) -> Any:
    shown = {**body, "day": body["day"].isoformat()}
    with deps().db.transaction() as tx:
        outcome = perform(tx, "discrepancies.take_second", slug, shown.pop("reason"), **shown)
        return waiting(tx, outcome) or outcome


def _sign_off_together(slug: str, body: dict[str, Any]) -> Any:
    reason = body.pop("reason")
    body["account"] = str(body["account"])
    with deps().db.transaction() as tx:
        outcome = perform(tx, "discrepancies.sign_off", slug, reason, **{**body, "day": body["day"].isoformat()})
        return waiting(tx, outcome) or outcome
