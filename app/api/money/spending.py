"""Spending of projects, for managers, and the trace of a gift, for its donor."""

from typing import Any
from uuid import UUID

from flask import Response, request
from flask_smorest.pagination import PaginationParameters

from app.api.base import make_blueprint, page_of
from app.api.money import spending_schemas as schemas
from app.api.reason_schemas import OneLineReasonIn
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.pictures import picture_bytes, picture_response, uploaded_picture
from campaigns.network.roles import Permission
from campaigns.payouts.models import PurposeChange
from campaigns.payouts.purpose import changes_of
from campaigns.projects.picture_file import WIDTHS
from campaigns.spending import figures, vouchers
from campaigns.spending.models import Spending
from campaigns.spending.trace import trace_of
from campaigns.spending.vouchers import Voucher
from kernel.errors import NotFound
from kernel.money import CURRENCY

blueprint = make_blueprint("spending", "What projects spent, by vouchers; changes of purpose; the way of a gift.")
_SPENDING = "/spendings/<id:spending_id>"
_ENTERS = (Permission.PROJECTS_WRITE, Permission.FUNDS_WRITE)


@blueprint.get("/projects/<id:project_id>/account")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.AccountOut)
def show_account(project_id: int) -> Any:
    """Return the income and spending of a project, against the rows of its budget."""
    with deps().db.transaction() as tx:
        account = figures.account_of(tx, project_id)
    sums = {**account._asdict(), "unspent_minor": account.unspent_minor, "currency": CURRENCY}
    return {**sums, "rows": [{**row._asdict(), "over": row.over} for row in account.rows]}


@blueprint.get("/projects/<id:project_id>/spendings")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.SpendingOut(many=True))
@blueprint.paginate()
def list_spendings(pagination_parameters: PaginationParameters, project_id: int) -> Any:
    """List the spendings of a project: those that wait for finance first, then the newest."""
    page = page_of(pagination_parameters)
    with deps().db.transaction() as tx:
        lines, pagination_parameters.item_count = figures.listed(tx, project_id, page=page)
    return [{**line._asdict(), "photo": bool(line.file_key), "currency": CURRENCY} for line in lines]


@blueprint.post("/projects/<id:project_id>/spendings")
@access.managers(*_ENTERS)
@blueprint.arguments(schemas.SpendingIn)
@blueprint.response(201, schemas.SpendingOut)
def enter(body: dict[str, Any], project_id: int) -> Any:
    """Enter a spending of a project. The photo of its voucher is added separately."""
    with deps().db.transaction() as tx:
        return _view(vouchers.enter(tx, project_id, _voucher(body), None, access.actor()))


@blueprint.post(f"{_SPENDING}/photo")
@access.managers(*_ENTERS, own_transactions=True, content=picture_bytes)
@blueprint.response(200, schemas.SpendingOut)
def add_photo(spending_id: int) -> Any:
    """Add the photo of a voucher, as the body or as the field `file` of a form; JPEG, PNG or WebP."""
    with deps().db.transaction() as tx:
        spending = vouchers.find_spending(tx, spending_id)
        voucher = Voucher(*(getattr(spending, name) for name in Voucher._fields))
    photo = vouchers.store_photo(deps(), uploaded_picture(request))
    with deps().db.transaction() as tx:
        return _view(vouchers.correct(tx, spending_id, voucher, photo, access.actor()))


@blueprint.get(f"{_SPENDING}/photo")
@access.managers(Permission.READ)
@blueprint.response(200, content_type="image/webp")
def show_photo(spending_id: int) -> Response:
    """Return the photo of a voucher. It is not public, because vouchers name people."""
    with deps().db.transaction() as tx:
        file_key = vouchers.find_spending(tx, spending_id).file_key
    if not file_key:
        raise NotFound("picture_unknown")
    return picture_response(file_key, WIDTHS[-1])


@blueprint.get(_SPENDING)
@access.managers(Permission.READ)
@blueprint.response(200, schemas.SpendingOut)
def show(spending_id: int) -> Any:
    with deps().db.transaction() as tx:
        return _view(vouchers.find_spending(tx, spending_id))


@blueprint.route(_SPENDING, methods=["PATCH"])
@access.managers(*_ENTERS)
@blueprint.arguments(schemas.SpendingIn)
@blueprint.response(200, schemas.SpendingOut)
def correct(body: dict[str, Any], spending_id: int) -> Any:
    """Correct an unchecked spending. One that was sent back waits for finance again."""
    with deps().db.transaction() as tx:
        return _view(vouchers.correct(tx, spending_id, _voucher(body), None, access.actor()))


@blueprint.post(f"{_SPENDING}/check")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.response(200, schemas.SpendingOut)
@may_wait(blueprint)
def check(spending_id: int) -> Any:
    """Check a spending, which then counts and is published. The person who entered it needs a second person."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "spending.check", spending_id)
        return waiting(tx, outcome) or _view(outcome)


@blueprint.post(f"{_SPENDING}/send-back")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(OneLineReasonIn)
@blueprint.response(200, schemas.SpendingOut)
def send_back(body: dict[str, Any], spending_id: int) -> Any:
    """Send a spending back with an opinion. If it was checked, it no longer counts."""
    with deps().db.transaction() as tx:
        return _view(vouchers.send_back(tx, spending_id, body["reason"], access.actor()))


@blueprint.post(f"{_SPENDING}/withdraw")
@access.managers(*_ENTERS)
@blueprint.arguments(OneLineReasonIn)
@blueprint.response(200, schemas.SpendingOut)
def withdraw(body: dict[str, Any], spending_id: int) -> Any:
    """Withdraw a spending that was entered by mistake."""
    with deps().db.transaction() as tx:
        return _view(vouchers.withdraw(tx, spending_id, body["reason"], access.actor()))


@blueprint.post("/projects/<id:project_id>/purpose-changes")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.PurposeIn)
@blueprint.response(201, schemas.PurposeOut)
@may_wait(blueprint)
def change_purpose(body: dict[str, Any], project_id: int) -> Any:
    """Change the purpose of a project's money, filed with the authority. Always needs two people.

    The other project takes part in the campaign or lies in its host's branch, and is not ended.
    """
    arguments = {name: value for name, value in body.items() if name not in ("reason", "currency")}
    with deps().db.transaction() as tx:
        scope.require_named(tx, "slug", body["campaign"])
        scope.require_named(tx, "project_id", body["to_project"])
        outcome = perform(tx, "project.change_purpose", project_id, body["reason"], **arguments)
        return waiting(tx, outcome) or _purpose(outcome)


@blueprint.get("/projects/<id:project_id>/purpose-changes")
@access.managers(Permission.READ)
@blueprint.response(200, schemas.PurposeOut(many=True))
def list_purposes(project_id: int) -> Any:
    """List the changes of purpose of a project's money, into it and out of it, newest first."""
    with deps().db.transaction() as tx:
        return [_purpose(change) for change in changes_of(tx, project_id)]


@blueprint.get("/donations/<uuid:donation_id>/trace")
@access.donor_or_reader
@blueprint.response(200, schemas.TraceOut)
def show_trace(donation_id: UUID) -> Any:
    """Trace a gift: given, matched, released, paid out, spent."""
    with deps().db.transaction() as tx:
        return {**trace_of(tx, donation_id)._asdict(), "currency": CURRENCY}


def _voucher(body: dict[str, Any]) -> Voucher:
    return Voucher(*(body[name] for name in Voucher._fields))


def _view(spending: Spending) -> dict[str, Any]:
    return {**spending.model_dump(), "photo": bool(spending.file_key), "currency": CURRENCY}


def _purpose(change: PurposeChange) -> dict[str, Any]:
    return {**change.model_dump(), "currency": CURRENCY}
