"""Pledges: promises to give, kept apart from gifts (慈善法 第41条). They fall due, are reminded of, called, and
then paid by deposits or waived."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import col, func, select

from campaigns.agreements.agreements import find as find_agreement
from campaigns.agreements.models import Agreement, AgreementKind, Pledge, PledgePayment
from campaigns.audit import record_audit
from campaigns.funds.deposits import amount_now, find_deposit
from campaigns.funds.funds import find as find_fund
from campaigns.network.organisations import within
from campaigns.reasons import require_one_line_reason
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.money import amount_fault

REMIND = timedelta(days=14)  # before a pledge is due; our default
_PLEDGES = (AgreementKind.DONATION, AgreementKind.FUND)


class State(StrEnum):
    """State of a pledge today."""

    OPEN = "open"
    DUE = "due"  # soon
    OVERDUE = "overdue"
    CALLED = "called"  # overdue, and the other party was asked to pay (催告)
    PAID = "paid"
    WAIVED = "waived"


class PledgeView(NamedTuple):
    """A pledge with what was paid for it, in fen."""

    id: int
    agreement_id: int
    party: str
    due_on: date
    amount_minor: int
    paid_minor: int
    state: State
    called_at: datetime | None
    waive_reason: str


def pledge(tx: Tx, agreement_id: int, due_on: date, amount_minor: int, actor: str) -> Pledge:
    """Add a pledge that is due by a day under an agreement.

    Raises NotFound `agreement_unknown`, Conflict `agreement_ended` and `agreement_kind`, Invalid `pledge_invalid`
    (also when the pledges exceed the agreement's sum).
    """
    agreement = find_agreement(tx, agreement_id, lock=True)
    if agreement.ended_at is not None:
        raise Conflict("agreement_ended")
    if agreement.kind not in _PLEDGES:
        raise Conflict("agreement_kind")
    faults: dict[str, Fault] = {}
    if refused := amount_fault(amount_minor):
        faults["amount_minor"] = refused
    if due_on < agreement.signed_on:
        faults["due_on"] = fault("in_the_past")
    pledged_minor = sum(row.amount_minor for row in _of_agreement(tx, agreement_id))
    if agreement.amount_minor is not None and pledged_minor + amount_minor > agreement.amount_minor:
        faults["amount_minor"] = fault("amount_too_large", most_minor=agreement.amount_minor - pledged_minor)
    if faults:
        raise Invalid("pledge_invalid", fields=faults)
    row = tx.add(Pledge(agreement_id=agreement_id, due_on=due_on, amount_minor=amount_minor))
    detail = {"due_on": due_on.isoformat(), "amount_minor": amount_minor}
    record_audit(tx, actor, "pledge.add", f"agreement:{agreement_id}", **detail)
    return row


def pay(tx: Tx, pledge_id: int, deposit_id: int, amount_minor: int, actor: str) -> Pledge:
    """Pay a pledge, or a part of it, with a deposit whose money is in the books. A repeated call changes nothing.

    Raises NotFound `pledge_unknown` and `deposit_unknown`, Conflict `pledge_payment_reused` (the deposit paid
    another amount of this pledge), `pledge_waived`, `pledge_paid` (more than is open), `deposit_used` (more than
    the deposit has left).
    """
    row = find(tx, pledge_id, lock=True)
    deposit = find_deposit(tx, deposit_id)
    find_fund(tx, deposit.fund_id, lock=True)  # serialises uses of the same deposit
    same = select(PledgePayment).where(PledgePayment.pledge_id == pledge_id, PledgePayment.deposit_id == deposit_id)
    if (known := tx.first(same)) is not None:
        if known.amount_minor != amount_minor:
            raise Conflict("pledge_payment_reused", amount_minor=known.amount_minor)
        return row
    if row.waived_at is not None:
        raise Conflict("pledge_waived")
    open_minor = row.amount_minor - _paid(tx, col(PledgePayment.pledge_id) == pledge_id)
    if not 0 < amount_minor <= open_minor:
        raise Conflict("pledge_paid", available_minor=open_minor)
    left_minor = amount_now(tx, deposit_id) - _paid(tx, col(PledgePayment.deposit_id) == deposit_id)
    if amount_minor > left_minor:
        raise Conflict("deposit_used", available_minor=left_minor)
    tx.add(
        PledgePayment(pledge_id=pledge_id, deposit_id=deposit_id, amount_minor=amount_minor, actor=actor, at=tx.now)
    )
    detail = {"pledge": pledge_id, "deposit": deposit_id, "amount_minor": amount_minor}
    record_audit(tx, actor, "pledge.pay", f"agreement:{row.agreement_id}", **detail)
    return row


def call(tx: Tx, pledge_id: int, actor: str) -> Pledge:
    """Record that the other party was called to pay an overdue pledge. Raises NotFound `pledge_unknown`, Conflict
    `pledge_state`."""
    row = find(tx, pledge_id, lock=True)
    if (state := view_of(tx, row).state) not in (State.OVERDUE, State.CALLED):
        raise Conflict("pledge_state", state=state)
    row.called_at, row.called_by = tx.now, actor
    record_audit(tx, actor, "pledge.call", f"agreement:{row.agreement_id}", pledge=pledge_id)
    return tx.add(row)


def waive(tx: Tx, pledge_id: int, reason: str, actor: str) -> Pledge:
    """Waive the unpaid part of a pledge (慈善法 第41条第2款: the other party is in hardship). Raises NotFound
    `pledge_unknown`, Conflict `pledge_state`, Invalid `reason_invalid`."""
    require_one_line_reason(reason)
    row = find(tx, pledge_id, lock=True)
    if (state := view_of(tx, row).state) in (State.PAID, State.WAIVED):
        raise Conflict("pledge_state", state=state)
    row.waived_at, row.waived_by, row.waive_reason = tx.now, actor, reason
    record_audit(tx, actor, "pledge.waive", f"agreement:{row.agreement_id}", pledge=pledge_id, reason=reason)
    return tx.add(row)


def find(tx: Tx, pledge_id: int, *, lock: bool = False) -> Pledge:
    """Return a pledge. Raises NotFound `pledge_unknown`."""
    row = tx.get(Pledge, pledge_id, lock=lock)
    if row is None:
        raise NotFound("pledge_unknown")
    return row


def of_agreement(tx: Tx, agreement_id: int) -> list[PledgeView]:
    """Return the pledges of an agreement, ordered by due day."""
    return _views(tx, _of_agreement(tx, agreement_id))


def waiting_pledges(tx: Tx, branch: str | None = None) -> list[PledgeView]:
    """Return the pledges of a branch that are due soon or overdue, oldest first."""
    soon = local_day(tx.now) + REMIND
    due = select(Pledge).where(col(Pledge.due_on) <= soon, col(Pledge.waived_at).is_(None))
    if branch is not None:
        own = select(Agreement.id).where(within(col(Agreement.organisation_code), branch))
        due = due.where(col(Pledge.agreement_id).in_(own))
    views = _views(tx, tx.all(due.order_by(col(Pledge.due_on), col(Pledge.id))))
    return [view for view in views if view.state is not State.PAID]


def view_of(tx: Tx, row: Pledge) -> PledgeView:
    """Return a pledge with its state today."""
    return _views(tx, [row])[0]


def _views(tx: Tx, rows: list[Pledge]) -> list[PledgeView]:
    ids = [row.id for row in rows]
    sums = select(PledgePayment.pledge_id, func.sum(PledgePayment.amount_minor))
    paid = dict(tx.all(sums.where(col(PledgePayment.pledge_id).in_(ids)).group_by("pledge_id")))
    named = select(Agreement.id, Agreement.party).where(col(Agreement.id).in_([row.agreement_id for row in rows]))
    parties, today = dict(tx.all(named)), local_day(tx.now)
    return [
        PledgeView(
            row.id or 0,
            row.agreement_id,
            parties[row.agreement_id],
            row.due_on,
            row.amount_minor,
            int(paid.get(row.id or 0, 0)),
            _state(row, int(paid.get(row.id or 0, 0)), today),
            row.called_at,
            row.waive_reason,
        )
        for row in rows
    ]


def _state(row: Pledge, paid_minor: int, today: date) -> State:
    if row.waived_at is not None:
        return State.WAIVED
    if paid_minor >= row.amount_minor:
        return State.PAID
    if row.due_on < today:
        return State.CALLED if row.called_at else State.OVERDUE
    return State.DUE if row.due_on <= today + REMIND else State.OPEN


def _of_agreement(tx: Tx, agreement_id: int) -> list[Pledge]:
    own = select(Pledge).where(Pledge.agreement_id == agreement_id)
    return tx.all(own.order_by(col(Pledge.due_on), col(Pledge.id)))


def _paid(tx: Tx, condition: object) -> int:
    return int(tx.first(select(func.coalesce(func.sum(PledgePayment.amount_minor), 0)).where(condition)) or 0)  # type: ignore[arg-type]
