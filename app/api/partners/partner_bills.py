"""Bills of platforms that we fetch ourselves, for managers."""

from typing import Any

from marshmallow import Schema

from app import partners as duties
from app.api.base import make_blueprint
from app.api.schema_fields import Day, Prose, Text, Time, Whole, one_of
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.imports import fetch_bills
from campaigns.network.roles import Permission
from payments.bills import bill_accounts
from payments.bills.bill_accounts import NewAccount
from payments.mappings.mapping_models import BillKind, BillState
from payments.mappings.partner_mappings import MOST_KEY, MOST_WORD
from payments.partners import partners

blueprint = make_blueprint("partner bills", "Daily bills that are fetched from WeChat Pay and Alipay.")
_DAY = {"description": "a calendar day in Asia/Shanghai"}


class BillAccountIn(Schema):
    key_id = Text(
        MOST_WORD, load_default="", metadata={"description": "serial of the merchant's certificate (WeChat Pay)"}
    )
    private_key = Prose(MOST_KEY, 1, required=True, metadata={"description": "of the merchant; never shown again"})
    since = Day(required=True, metadata=_DAY)


class BillAccountOut(Schema):
    partner = Text()
    key_id = Text()
    since = Day(metadata=_DAY)
    changed_at = Time()
    changed_by = Text()


class BillDayIn(Schema):
    day = Day(required=True, metadata=_DAY)


class FetchedBillOut(Schema):
    day = Day(metadata=_DAY)
    kind = one_of(*BillKind)
    state = one_of(*BillState)
    code = Text(metadata={"description": "while it waits: why"})
    detail = Text(metadata={"description": "the place in the bill, or the platform's own code"})
    lines = Whole(metadata={"description": "that were new"})
    file_hash = Text(metadata={"description": "SHA-256 of the file as it came"})
    tries = Whole()
    tried_at = Time()
    next_at = Time(allow_none=True)


@blueprint.get("/partners/<name>/bill-account")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, BillAccountOut)
def show_account(name: str) -> Any:
    """Return the account with which a platform's bills are fetched, without the key."""
    with deps().db.transaction() as tx:
        return bill_accounts.account_of(tx, partners.known(tx, name).name)


@blueprint.post("/partners/<name>/bill-account")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(BillAccountIn)
@blueprint.response(200, BillAccountOut)
@may_wait(blueprint)
def set_account(body: dict[str, Any], name: str) -> Any:
    """Fetch a platform's bills from a given day. This needs a mapping of WeChat Pay or Alipay, whose keys verify
    the bills."""
    with deps().db.transaction() as tx:
        outcome = duties.set_bill_account(tx, name, NewAccount(**body))
        return waiting(tx, outcome) or outcome


@blueprint.post("/partners/<name>/bill-account/end")
@access.managers(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
@blueprint.response(204)
def end_account(name: str) -> None:
    """Stop fetching bills of a platform, and delete the key."""
    with deps().db.transaction() as tx:
        fetch_bills.end_account(tx, name, access.actor())


@blueprint.get("/partners/<name>/fetched-bills")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, FetchedBillOut(many=True))
def list_bills(name: str) -> Any:
    """List the bills that were fetched or are being retried, newest first."""
    with deps().db.transaction() as tx:
        return fetch_bills.bills_of(tx, partners.known(tx, name).name)


@blueprint.post("/partners/<name>/fetched-bills")
@access.managers(Permission.RECONCILE, where=Where.FEDERATION)
@blueprint.arguments(BillDayIn)
@blueprint.response(202, FetchedBillOut(many=True))
def ask_for_day(body: dict[str, Any], name: str) -> Any:
    """Fetch the bills of a day, possibly again, within a minute or two."""
    with deps().db.transaction() as tx:
        return fetch_bills.ask_for_day(tx, deps().keys, name, body["day"], access.actor())
