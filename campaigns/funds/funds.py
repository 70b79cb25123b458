"""Special funds (专项基金 ...): making them, money that comes in from outside, and what they hold."""

from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.funds.models import Fund
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.ids import MOST_ID
from kernel.money import CURRENCY, amount_fault
from kernel.text import text_fault
from ledger.chart import bank, fund
from ledger.kinds import TransferKind
from ledger.post import Transfer, post
from ledger.statements import posted_amount

KINDS = ("special", "community", "rural", "unit", "personal", "consumption")
MOST_NAME = 100
MOST_REFERENCE = 100


class FundRow(NamedTuple):
    """A fund and the free money in it, in fen."""

    id: int
    name: str
    kind: str
    currency: str
    balance_minor: int


def create(tx: Tx, name: str, kind: str, actor: str) -> int:
    """Make a fund; answers its id.

    Raises Invalid `fund_invalid` with every wrong field and Conflict `fund_exists` when the name is taken.
    """
    wrong: dict[str, Fault] = {}
    if refused := text_fault(name, MOST_NAME):
        wrong["name"] = refused
    if kind not in KINDS:
        wrong["kind"] = fault("not_one_of", options=KINDS)
    if wrong:
        raise Invalid("fund_invalid", fields=wrong)
    fund_id = tx.scalar(
        """INSERT INTO fund (name, kind, currency, created_at) VALUES (:name, :kind, :currency, :now)
           ON CONFLICT (name) DO NOTHING RETURNING id""",
        name=name.strip(),
        kind=kind,
        currency=CURRENCY,
        now=tx.now,
    )
    if fund_id is None:
        raise Conflict("fund_exists", fields={"name": fault("taken")})
    record_audit(tx, actor, "fund.create", f"fund:{fund_id}", name=name.strip(), kind=kind)
    return int(fund_id)


def find(tx: Tx, fund_id: int) -> Fund:
    """One fund. Raises NotFound `fund_unknown`."""
    found = tx.get(Fund, fund_id) if 0 < fund_id <= MOST_ID else None
    if found is None:
        raise NotFound("fund_unknown")
    return found


def deposit(tx: Tx, fund_id: int, amount_minor: int, currency: str, reference: str, actor: str) -> bool:
    """Book money that came into the federation's bank account for a fund: `amount_minor` fen, once per
    reference. Answers False when this deposit is in the books already.

    Raises Invalid `deposit_invalid`, NotFound `fund_unknown`, and Conflict `deposit_reused` when the reference
    stands for another amount. Posts to the ledger: nothing that locks rows may follow in the transaction.
    """
    wrong = _deposit_faults(amount_minor, currency, reference)
    if wrong:
        raise Invalid("deposit_invalid", fields=wrong)
    find(tx, fund_id)
    # The fund's row orders two deposits of one reference, so that the second finds the first in the books.
    tx.rows("SELECT id FROM fund WHERE id = :fund FOR NO KEY UPDATE", fund=fund_id)
    key = f"deposit:{fund_id}:{reference}"
    booked = posted_amount(tx, key)
    if booked == amount_minor:
        return False
    if booked is not None:
        raise Conflict("deposit_reused", amount_minor=booked)
    record_audit(tx, actor, "fund.deposit", f"fund:{fund_id}", amount_minor=amount_minor, reference=reference)
    post(tx, [Transfer(key, bank(currency), fund(fund_id), amount_minor, TransferKind.DEPOSIT)])
    return True


def _deposit_faults(amount_minor: int, currency: str, reference: str) -> dict[str, Fault]:
    wrong: dict[str, Fault] = {}
    if refused := amount_fault(amount_minor):
        wrong["amount_minor"] = refused
    if currency != CURRENCY:
        wrong["currency"] = fault("currency_unsupported", currency=CURRENCY)
    if refused := text_fault(reference, MOST_REFERENCE):
        wrong["reference"] = refused
    return wrong


def listed(tx: Tx) -> list[FundRow]:
    """All funds with what they hold in the books, in one statement and so at one moment."""
    rows = tx.rows(
        """SELECT f.id, f.name, f.kind, f.currency, coalesce(a.balance_minor, 0)
             FROM fund f
             LEFT JOIN fund_balance a ON a.fund_id = f.id AND a.currency = f.currency
            ORDER BY f.id"""
    )
    return [FundRow(*row) for row in rows]
