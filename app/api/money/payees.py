"""Bank accounts that organisations are paid into, for managers."""

from typing import Any

from app.api.base import make_blueprint
from app.api.money import payout_schemas as schemas
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access
from campaigns.network.roles import Permission
from campaigns.payouts import payees
from campaigns.payouts.models import PayeeAccount
from campaigns.payouts.payees import NewAccount
from kernel.db import Tx

blueprint = make_blueprint("payees", "Money out: the bank accounts of organisations.")


@blueprint.get("/organisations/<code>/payees")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.response(200, schemas.PayeeOut(many=True))
def list_payees(code: str) -> Any:
    """List the bank accounts of an organisation, newest first."""
    with deps().db.transaction() as tx:
        return _shown(tx, *payees.accounts_of(tx, code))


@blueprint.post("/organisations/<code>/payees")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.arguments(schemas.PayeeIn)
@blueprint.response(201, schemas.PayeeOut)
def propose_payee(body: dict[str, Any], code: str) -> Any:
    """Enter a bank account of an organisation. Another person confirms it."""
    with deps().db.transaction() as tx:
        return _shown(tx, payees.propose(tx, deps().keys, code, NewAccount(**body), access.actor()))[0]


@blueprint.post("/payees/<id:payee_id>/confirm")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.response(200, schemas.PayeeOut)
@may_wait(blueprint)
def confirm_payee(payee_id: int) -> Any:
    """Confirm an account, so that the organisation is paid into it from now on. The person who entered it needs a
    second person."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "payee.confirm", payee_id)
        return waiting(tx, outcome) or _shown(tx, outcome)[0]


@blueprint.post("/payees/<id:payee_id>/end")
@access.managers(Permission.FUNDS_WRITE)
@blueprint.response(200, schemas.PayeeOut)
def end_payee(payee_id: int) -> Any:
    """End an account, or decline one that awaits confirmation."""
    with deps().db.transaction() as tx:
        return _shown(tx, payees.end(tx, payee_id, access.actor()))[0]


def _shown(tx: Tx, *accounts: PayeeAccount) -> list[dict[str, Any]]:
    shared = payees.shared_with(tx, deps().keys, accounts)
    return [account.model_dump() | {"shared_with": shared.get(account.id or 0, [])} for account in accounts]
