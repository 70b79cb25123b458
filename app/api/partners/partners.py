"""Partner platforms, for managers."""

from typing import Any

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app import partners as duties
from app.api.base import make_blueprint
from app.api.schema_fields import Day, Flag, Key, Minor, Text, Time, Whole, one_of, texts
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access
from app.http.scope import Where
from app.partners import Registration
from campaigns.approvals.models import Approval
from campaigns.closing.reconciliation.empty_days import record_empty_day
from campaigns.intake import registered
from campaigns.intake.check_list import Check, check_list
from campaigns.intake.project_codes import mapped_codes, unmap_code
from campaigns.network.roles import Permission
from kernel.ids import MOST_ID
from payments.models import PartnerState
from payments.partners import partner_secrets, partners

blueprint = make_blueprint("partners", "Platforms that push donations by webhook.")


class PartnerIn(Schema):
    name = Text(40, 1, required=True)
    title = Text(100)
    projects = texts(32, allow_none=True, metadata={"description": "codes; left out: any"})
    statement_expected = Flag(
        load_default=True,
        metadata={
            "description": "whether an event that could have its gifts waits for its bill, even without gifts"
        },
    )
    state = one_of(
        *(PartnerState.DRAFT, PartnerState.TEST, PartnerState.LIVE),
        load_default=PartnerState.LIVE.value,
        metadata={"description": "`test`: its events are only judged until its check list has passed"},
    )


class PartnerOut(Schema):
    name = Text()
    title = Text()
    state = one_of(*PartnerState)
    projects = fields.List(fields.String(), allow_none=True)
    gift_most_minor = Whole(allow_none=True)
    day_most_minor = Whole(allow_none=True)
    day_most_count = Whole(allow_none=True)
    age_most_days = Whole(allow_none=True)
    statement_expected = fields.Boolean()
    created_at = Time()


class LimitsIn(Schema):
    """The most that is accepted without an operator; null means the installation's default. Omitted limits stay."""

    gift_most_minor = Minor(allow_none=True, metadata={"description": "of one donation, in fen"})
    day_most_minor = Minor(allow_none=True, metadata={"description": "of one day, in fen"})
    day_most_count = Whole(1, MOST_ID, allow_none=True, metadata={"description": "donations of one day"})
    age_most_days = Whole(1, 3_650, allow_none=True, metadata={"description": "of a payment, when it comes"})
    projects = texts(32, allow_none=True, metadata={"description": "codes; null: any"})


class PartnerMadeOut(Schema):
    name = Text()
    title = Text()
    projects = fields.List(fields.String(), allow_none=True)
    state = one_of(*PartnerState)
    secret = Text(metadata={"description": "for signing (Standard Webhooks); shown this once"})
    approval = Key(metadata={"description": "where it waits for a second person: until then it is a draft"})


class EmptyDayIn(Schema):
    day = Day(required=True, metadata={"description": "in Shanghai, and over"})


class EmptyDayOut(Schema):
    """A day for which the platform states that its bill has no lines."""

    provider = Text()
    day = Day()
    said_at = Time()
    said_by = Text()


class StateIn(Schema):
    state = one_of(*PartnerState, required=True)


class StateOut(PartnerOut):
    secret = Text(allow_none=True, metadata={"description": "that the move brought, shown this once"})
    approval = Key(metadata={"description": "that the move waits for, where it does"})


class CheckOut(Schema):
    item = one_of(*Check)
    passed_at = Time(allow_none=True)


class SecretIn(Schema):
    test = Flag(load_default=False, metadata={"description": "of the test mode"})
    old_valid_until = Time(
        allow_none=True, metadata={"description": "when the old secret ends; default: when it is ended"}
    )


class SecretOut(Schema):
    """A signing secret, without its value."""

    id = Key()
    created_at = Time()
    created_by = Text()
    ends_at = Time(allow_none=True, metadata={"description": "null: valid until it is ended"})
    last_used_at = Time(allow_none=True, metadata={"description": "to the minute"})
    test = fields.Boolean(metadata={"description": "what it signs is only judged"})
    waits = fields.Boolean(metadata={"description": "for a second person: it signs nothing yet"})


class SecretMadeOut(Schema):
    id = Key()
    secret = Text(metadata={"description": "shown this once"})
    created_at = Time()
    approval = Key(metadata={"description": "that it waits for, where it does: until then it signs nothing"})


@blueprint.get("/partners")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, PartnerOut(many=True))
@blueprint.paginate()
def list_partners(pagination_parameters: PaginationParameters) -> Any:
    """List all platforms, without their secrets."""
    paging = pagination_parameters
    with deps().db.transaction() as tx:
        rows = [partner.model_dump(exclude={"sealed_secret"}) for partner in partners.list_partners(tx)]
    paging.item_count = len(rows)
    return rows[paging.first_item : paging.last_item + 1]


@blueprint.post("/partners")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(PartnerIn)
@blueprint.response(201, PartnerMadeOut)
def create(body: dict[str, Any]) -> Any:
    """Register a platform and return its signing secret, once."""
    title = body.get("title") or body["name"]
    with deps().db.transaction() as tx:
        new = Registration(
            body["name"], title, body.get("projects"), body["statement_expected"], PartnerState(body["state"])
        )
        made = duties.register(tx, new)
        return made.partner.model_dump() | {"secret": made.secret} | _waits(made.approval)


def _waits(approval: Approval | None) -> dict[str, Any]:
    return {"approval": approval.id} if approval else {}


@blueprint.get("/partners/<name>")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, PartnerOut)
def show(name: str) -> Any:
    """Return a platform with its state and limits."""
    with deps().db.transaction() as tx:
        return partners.known(tx, name).model_dump(exclude={"sealed_secret"})


@blueprint.patch("/partners/<name>")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(LimitsIn)
@blueprint.response(200, PartnerOut)
@may_wait(blueprint)
def set_limits(body: dict[str, Any], name: str) -> Any:
    """Set a platform's limits. Gifts above them wait in the inbox, uncounted, until they are released."""
    with deps().db.transaction() as tx:
        outcome = duties.set_limits(tx, name, body)
        return waiting(tx, outcome) or outcome.model_dump(exclude={"sealed_secret"})


@blueprint.post("/partners/<name>/empty-days")
@access.managers(Permission.RECONCILE, where=Where.FEDERATION)
@blueprint.arguments(EmptyDayIn)
@blueprint.response(201, EmptyDayOut)
def record_day(body: dict[str, Any], name: str) -> Any:
    """Record a platform's statement that its bill of a day has no lines. Each known gift of that day becomes a
    difference."""
    with deps().db.transaction() as tx:
        return record_empty_day(tx, name, body["day"], access.actor())


@blueprint.post("/partners/<name>/state")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(StateIn)
@blueprint.response(200, StateOut)
def set_state(body: dict[str, Any], name: str) -> Any:
    """Move a platform to another state: draft, test, live, paused (messages are kept and wait), ended (401). It
    gets a test secret when it enters its test mode, and a live one when it goes live after its check list."""
    with deps().db.transaction() as tx:
        moved = duties.change_state(tx, name, body["state"])
        shown = moved.partner.model_dump(exclude={"sealed_secret"}) | {"secret": moved.secret or None}
        return shown | _waits(moved.approval)


@blueprint.get("/partners/<name>/checks")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, CheckOut(many=True))
def list_checks(name: str) -> Any:
    """List what a platform must try in its test mode, and when each item passed."""
    with deps().db.transaction() as tx:
        checks = check_list(tx, partners.known(tx, name).name)
    return [
        {"item": item.value, "passed_at": passed.passed_at if passed else None} for item, passed in checks.items()
    ]


@blueprint.get("/partners/<name>/secrets")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.response(200, SecretOut(many=True))
def list_secrets(name: str) -> Any:
    """List a platform's signing secrets without their values, including ended ones, newest first."""
    with deps().db.transaction() as tx:
        return partner_secrets.list_secrets(tx, partners.known(tx, name))


@blueprint.post("/partners/<name>/secrets")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(SecretIn)
@blueprint.response(201, SecretMadeOut)
def rotate_secret(body: dict[str, Any], name: str) -> Any:
    """Create another signing secret and return it, once. The old one stays valid until the time in the body, or
    until it is ended. At most two are valid at a time."""
    with deps().db.transaction() as tx:
        made, approval = duties.rotate_secret(tx, name, body.get("old_valid_until"), test=body["test"])
        return made._asdict() | _waits(approval)


@blueprint.post("/partners/<name>/secrets/<id:secret_id>/end")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.response(200, SecretOut)
def end_secret(name: str, secret_id: int) -> Any:
    """End a signing secret, from the next request on. Idempotent. The only one cannot be ended
    (`partner_secret_last`)."""
    with deps().db.transaction() as tx:
        return registered.end_secret(tx, name, secret_id, access.actor())


class ProjectCodeIn(Schema):
    code = Text(200, 1, required=True, metadata={"description": "the platform's own"})
    project = Text(32, 1, required=True, metadata={"description": "the code of our project"})


class ProjectCodeOut(Schema):
    partner = Text()
    code = Text()
    project_id = Key()
    project_code = Text()
    project_name = Text()
    actor = Text()


class MappedOut(Schema):
    messages = Whole(0, MOST_ID, metadata={"description": "how many that waited for the code go on"})


@blueprint.get("/partners/<name>/project-codes")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, ProjectCodeOut(many=True))
def list_project_codes(name: str) -> Any:
    """List a platform's codes for our projects."""
    with deps().db.transaction() as tx:
        return mapped_codes(tx, partners.known(tx, name).name)


@blueprint.post("/partners/<name>/project-codes")
@access.managers(Permission.RECONCILE, where=Where.FEDERATION)
@blueprint.arguments(ProjectCodeIn)
@blueprint.response(200, MappedOut)
@may_wait(blueprint)
def map_project_code(body: dict[str, Any], name: str) -> Any:
    """Map a platform's code to one of our projects. Messages that wait for it are processed."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "partner.map_code", name, code=body["code"], project=body["project"])
        return waiting(tx, outcome) or {"messages": outcome}


@blueprint.delete("/partners/<name>/project-codes")
@access.managers(Permission.RECONCILE, where=Where.FEDERATION)
@blueprint.arguments(ProjectCodeIn(only=("code",)), location="query")
@blueprint.response(204)
def unmap_project_code(query: dict[str, Any], name: str) -> None:
    """Remove the mapping of a platform's code. New messages with it wait again; existing donations stay."""
    with deps().db.transaction() as tx:
        unmap_code(tx, name, query["code"], access.actor())
