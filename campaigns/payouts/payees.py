"""The bank accounts of payee organisations: sealed, displayed masked, and confirmed by another person."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.network.organisations import find as find_organisation
from campaigns.payouts.models import PayeeAccount, PayeeState
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.keys import Keys
from kernel.text import text_fault

MOST_HOLDER, MOST_BANK = 100, 100
_NUMBER = re.compile(r"[0-9]{8,30}", re.ASCII)  # accounts of companies have 15 to 22 digits, depending on the bank
_BANK_CODE = re.compile(r"[0-9]{12}", re.ASCII)  # 联行号 of the payment system CNAPS


class NewAccount(NamedTuple):
    """A bank account as entered: its holder, bank, 联行号 and number."""

    holder: str
    bank: str
    bank_code: str
    number: str


def context_of(organisation_code: str) -> str:
    """Return the context that an account's number is bound to when it is sealed."""
    return f"payee:{organisation_code}"


def propose(tx: Tx, keys: Keys, code: str, account: NewAccount, actor: str) -> PayeeAccount:
    """Propose the account of an organisation. It is paid there once another person has confirmed the account.

    Raises NotFound `organisation_unknown`, Invalid `payee_invalid`.
    """
    find_organisation(tx, code)
    number = account.number.replace(" ", "")
    if faults := _faults(account._replace(number=number)):
        raise Invalid("payee_invalid", fields=faults)
    payee = tx.add(
        PayeeAccount(
            organisation_code=code,
            holder=account.holder.strip(),
            bank=account.bank.strip(),
            bank_code=account.bank_code,
            sealed=keys.wrap_text(number, context_of(code)),
            tail=number[-4:],
            state=PayeeState.PROPOSED,
            proposed_by=actor,
            proposed_at=tx.now,
        )
    )
    record_audit(tx, actor, "payee.propose", f"payee:{payee.id}", organisation=code)
    return payee


def _faults(account: NewAccount) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    for name, most in (("holder", MOST_HOLDER), ("bank", MOST_BANK)):
        if refused := text_fault(getattr(account, name), most):
            faults[name] = refused
    if not _BANK_CODE.fullmatch(account.bank_code):
        faults["bank_code"] = fault("not_a_bank_code")
    if not _NUMBER.fullmatch(account.number):
        faults["number"] = fault("not_an_account_number")
    return faults


def find_payee(tx: Tx, payee_id: int, *, lock: bool = False) -> PayeeAccount:
    """Return an account. Raises NotFound `payee_unknown`."""
    payee = tx.get(PayeeAccount, payee_id, lock=lock)
    if payee is None:
        raise NotFound("payee_unknown")
    return payee


def confirm(tx: Tx, payee_id: int, actor: str) -> PayeeAccount:
    """Make this the account into which an organisation is paid, and end the previous one.

    The person who proposed it may not confirm it (checked by `campaigns.approvals.acts`). Raises NotFound
    `payee_unknown`, Conflict `payee_state`.
    """
    payee = _in_state(tx, payee_id, PayeeState.PROPOSED)
    before = active_of(tx, [payee.organisation_code]).get(payee.organisation_code)
    if before is not None:
        _end(tx, before)
    payee.state, payee.confirmed_by, payee.confirmed_at = PayeeState.ACTIVE, actor, tx.now
    record_audit(tx, actor, "payee.confirm", f"payee:{payee_id}", organisation=payee.organisation_code)
    return tx.add(payee)


def end(tx: Tx, payee_id: int, actor: str) -> PayeeAccount:
    """End an account or a proposal. Nothing is paid there any more.

    Raises NotFound `payee_unknown`, Conflict `payee_state`.
    """
    payee = _in_state(tx, payee_id, PayeeState.PROPOSED, PayeeState.ACTIVE)
    _end(tx, payee)
    record_audit(tx, actor, "payee.end", f"payee:{payee_id}", organisation=payee.organisation_code)
    return payee


def _end(tx: Tx, payee: PayeeAccount) -> None:
    payee.state, payee.ended_at = PayeeState.ENDED, tx.now
    tx.add(payee)  # flushed before another account of the same organisation becomes active


def _in_state(tx: Tx, payee_id: int, *states: PayeeState) -> PayeeAccount:
    payee = find_payee(tx, payee_id, lock=True)
    if payee.state not in states:
        raise Conflict("payee_state", state=payee.state)
    return payee


def active_of(tx: Tx, codes: list[str]) -> dict[str, PayeeAccount]:
    """Return organisation code -> active account, for those that have one."""
    active = col(PayeeAccount.organisation_code).in_(codes), PayeeAccount.state == PayeeState.ACTIVE
    return {payee.organisation_code: payee for payee in tx.all(select(PayeeAccount).where(*active))}


def accounts_of(tx: Tx, code: str) -> list[PayeeAccount]:
    """Return the accounts of an organisation, newest first. Raises NotFound `organisation_unknown`."""
    own = select(PayeeAccount).where(PayeeAccount.organisation_code == find_organisation(tx, code).code)
    return tx.all(own.order_by(col(PayeeAccount.id).desc()))


def shared_with(tx: Tx, keys: Keys, accounts: Sequence[PayeeAccount]) -> dict[int, list[str]]:
    """Return account id -> codes of the other organisations that use the same number, or are proposed to.

    That may be right (a township is paid through its county), so it refuses nothing: whoever confirms an account
    should know.
    """
    alike = select(PayeeAccount).where(
        col(PayeeAccount.tail).in_({account.tail for account in accounts if account.state != PayeeState.ENDED}),
        PayeeAccount.state != PayeeState.ENDED,
    )
    owners: dict[str, set[str]] = {}
    for other in tx.all(alike):
        owners.setdefault(number_of(keys, other), set()).add(other.organisation_code)
    return {
        account.id or 0: sorted(owners[number_of(keys, account)] - {account.organisation_code})
        for account in accounts
        if account.state != PayeeState.ENDED
    }


def number_of(keys: Keys, payee: PayeeAccount) -> str:
    """Return the number of an account, for the bank's file and for comparison only."""
    return keys.unwrap_text(payee.sealed, context_of(payee.organisation_code))
