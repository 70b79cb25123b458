"""Deposits: money received on the federation's bank account for a fund, booked once and corrected by another
entry."""

from typing import NamedTuple

from sqlmodel import col, or_, select

from campaigns.audit import record_audit
from campaigns.funds.bank_references import spelling
from campaigns.funds.funds import find, require_balance
from campaigns.funds.models import FundEntry
from campaigns.reasons import require_one_line_reason
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.money import CURRENCY, amount_fault
from kernel.text import text_fault
from ledger.chart import Account, bank
from ledger.chart import fund as fund_account
from ledger.kinds import TransferKind
from ledger.post import Transfer, post
from ledger.statements import balance

MOST_REFERENCE = 100


class Correction(NamedTuple):
    """A deposit before and after a correction, and the fund's balance after it, in fen. `entry_id` is the
    correction."""

    entry_id: int
    deposit_id: int
    reference: str
    before_minor: int
    amount_minor: int
    balance_minor: int


def deposit(tx: Tx, fund_id: int, amount_minor: int, currency: str, reference: str, actor: str) -> bool:
    """Book `amount_minor` fen received on the federation's bank account for a fund, once per reference, whose
    letter case and spaces do not count.

    Return whether it was booked now; False if the books have this deposit already. Posts to the ledger, so that
    nothing that locks rows may follow in the transaction. Raises Invalid `deposit_invalid`, NotFound
    `fund_unknown`, and Conflict `deposit_reused` when the books have the reference with another amount.
    """
    faults = _deposit_faults(amount_minor, currency, reference)
    if faults:
        raise Invalid("deposit_invalid", fields=faults)
    # The lock serialises deposits with the same reference, so that the second one finds the first in the books.
    find(tx, fund_id, lock=True)
    known = _with_reference(tx, fund_id, reference)
    if known is not None and known.amount_minor == amount_minor:
        return False
    if known is not None:
        raise Conflict("deposit_reused", amount_minor=known.amount_minor)
    key = f"deposit:{fund_id}:{reference}"
    tx.add(
        FundEntry(
            fund_id=fund_id, key=key, amount_minor=amount_minor, reference=reference, actor=actor, booked_at=tx.now
        )
    )
    record_audit(tx, actor, "fund.deposit", f"fund:{fund_id}", amount_minor=amount_minor, reference=reference)
    post(tx, [Transfer(key, bank(currency), fund_account(fund_id), amount_minor, TransferKind.DEPOSIT)])
    return True


def _deposit_faults(amount_minor: int, currency: str, reference: str) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if refused := amount_fault(amount_minor):
        faults["amount_minor"] = refused
    if currency != CURRENCY:
        faults["currency"] = fault("currency_unsupported", currency=CURRENCY)
    if refused := text_fault(reference, MOST_REFERENCE):
        faults["reference"] = refused
    return faults


def deposit_of(tx: Tx, fund_id: int, reference: str) -> FundEntry:
    """Return the deposit with this reference. Raises NotFound `deposit_unknown`."""
    return _known(_with_reference(tx, fund_id, reference))


def _with_reference(tx: Tx, fund_id: int, reference: str) -> FundEntry | None:
    """Return the deposit with this reference; of several that an earlier version told apart, the one spelt so."""
    deposits = FundEntry.fund_id == fund_id, col(FundEntry.corrects_id).is_(None)
    same = spelling(FundEntry.reference) == spelling(reference)
    spelt_so = col(FundEntry.reference) == reference
    return tx.first(select(FundEntry).where(*deposits, same).order_by(spelt_so.desc(), col(FundEntry.id)))


def find_deposit(tx: Tx, deposit_id: int) -> FundEntry:
    """Return a deposit, but not a correction. Raises NotFound `deposit_unknown`."""
    entry = tx.get(FundEntry, deposit_id)
    return _known(entry if entry and entry.corrects_id is None else None)


def _known(entry: FundEntry | None) -> FundEntry:
    if entry is None:
        raise NotFound("deposit_unknown")
    return entry


def amount_now(tx: Tx, deposit_id: int) -> int:
    """Return the amount of a deposit after its corrections, in fen."""
    return sum(entry.amount_minor for entry in _entries(tx, deposit_id))


def correct_deposit(tx: Tx, deposit_id: int, amount_minor: int, reason: str, actor: str) -> Correction:
    """Correct a deposit to the amount actually received, in fen (0: none). Another entry books the difference and
    refers to the deposit. Posts to the ledger, as `deposit`.

    Raises NotFound `deposit_unknown`, Invalid `amount_invalid` or `reason_invalid`, Conflict `deposit_unchanged`,
    and `fund_short` when the fund has already spent the difference.
    """
    require_one_line_reason(reason)
    if amount_minor and (refused := amount_fault(amount_minor)):
        raise Invalid("amount_invalid", fields={"amount_minor": refused})
    original = find_deposit(tx, deposit_id)
    fund = find(tx, original.fund_id, lock=True)
    entries, account = _entries(tx, deposit_id), fund_account(original.fund_id)
    before_minor, held_minor = sum(entry.amount_minor for entry in entries), balance(tx, account)
    difference_minor = amount_minor - before_minor
    if difference_minor == 0:
        raise Conflict("deposit_unchanged", amount_minor=amount_minor)
    require_balance(tx, fund, -difference_minor)
    entry = tx.add(
        FundEntry(
            fund_id=original.fund_id,
            key=f"deposit_corrected:{deposit_id}:{len(entries)}",
            amount_minor=difference_minor,
            reference=original.reference,
            reason=reason,
            corrects_id=deposit_id,
            actor=actor,
            booked_at=tx.now,
        )
    )
    amounts = {"before_minor": before_minor, "amount_minor": amount_minor}
    detail = {"deposit": deposit_id, "reference": original.reference, **amounts, "reason": reason}
    record_audit(tx, actor, "fund.correct_deposit", f"fund:{original.fund_id}", **detail)
    post(tx, [_transfer(entry.key, account, difference_minor)])
    figures = (before_minor, amount_minor, held_minor + difference_minor)
    return Correction(entry.id or 0, deposit_id, original.reference, *figures)


def _transfer(key: str, account: Account, difference_minor: int) -> Transfer:
    debit, credit = (bank(), account) if difference_minor > 0 else (account, bank())
    return Transfer(key, debit, credit, abs(difference_minor), TransferKind.DEPOSIT_CORRECTED)


def _entries(tx: Tx, deposit_id: int) -> list[FundEntry]:
    """Return a deposit and its corrections, in order."""
    of_deposit = or_(FundEntry.id == deposit_id, FundEntry.corrects_id == deposit_id)
    return tx.all(select(FundEntry).where(of_deposit).order_by(col(FundEntry.id)))
