"""Preview a deposit before it is booked: the fund before and after, similar deposits, and the pots paid from the
fund."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.funds.bank_references import SPELLING
from campaigns.funds.deposits import deposit
from kernel.clock import SHANGHAI, local_day
from kernel.db import Tx
from ledger.chart import fund as fund_account
from ledger.chart import pot_free
from ledger.statements import balance
from matching.models import Pot

MOST_ALIKE = 20


class Why(StrEnum):
    """Why two deposits may be the same money."""

    REFERENCE = "reference"  # the same reference, of another fund
    SAME_DAY = "same_day"  # the same amount was booked for a fund on the same day


class Alike(NamedTuple):
    """A deposit that may be the same money, with its amount in fen as booked, without corrections."""

    id: int
    fund: int
    fund_name: str
    reference: str
    amount_minor: int
    booked_at: datetime
    why: str


class FedPot(NamedTuple):
    """A pot paid from the fund, with its free money in fen."""

    id: int
    name: str
    free_minor: int


class DepositPreview(NamedTuple):
    """The effect of a deposit, in fen. `fresh` is False if the deposit is already in the books."""

    fresh: bool
    before_minor: int
    balance_minor: int
    alike: list[Alike]
    pots: list[FedPot]


def preview_deposit(
    tx: Tx, fund_id: int, amount_minor: int, currency: str, reference: str, actor: str, branch: str | None = None
) -> DepositPreview:
    """Book a deposit and return its effect; the caller rolls it back. Compare it with deposits to the funds of a
    branch (None: all). Raises as `deposit`."""
    before_minor = balance(tx, fund_account(fund_id))
    fed = [FedPot(pot.id or 0, pot.name, balance(tx, pot_free(pot.id or 0))) for pot in _pots(tx, fund_id)]
    likes = alike(tx, fund_id, amount_minor, reference, branch)
    fresh = deposit(tx, fund_id, amount_minor, currency, reference, actor)
    return DepositPreview(fresh, before_minor, balance(tx, fund_account(fund_id)), likes, fed)


def alike(tx: Tx, fund_id: int, amount_minor: int, reference: str, branch: str | None = None) -> list[Alike]:
    """Return deposits that may be the same money, newest first. The deposit to this fund with this reference is
    left out, because it is booked only once anyway."""
    start, end = _day(local_day(tx.now))
    same = f"{SPELLING.format('e.reference')} = {SPELLING.format('CAST(:reference AS text)')}"
    candidates = tx.rows(
        f"""SELECT e.id, e.fund_id AS fund, f.name AS fund_name, e.reference, e.amount_minor, e.booked_at,
                  {same} AS same_reference
             FROM fund_entry e JOIN fund f ON f.id = e.fund_id
             LEFT JOIN organisation o ON o.code = f.organisation_code
            WHERE e.corrects_id IS NULL AND NOT (e.fund_id = :fund AND {same})
              AND (CAST(:branch AS text) IS NULL OR o.lineage @> ARRAY[CAST(:branch AS text)])
              AND ({same}
                   OR (e.amount_minor = :amount AND e.booked_at >= :start AND e.booked_at < :end))
            ORDER BY e.id DESC LIMIT :most""",
        fund=fund_id,
        reference=reference,
        amount=amount_minor,
        branch=branch,
        start=start,
        end=end,
        most=MOST_ALIKE,
    )
    return [
        Alike(
            row.id,
            row.fund,
            row.fund_name,
            row.reference,
            row.amount_minor,
            row.booked_at,
            Why.REFERENCE if row.same_reference else Why.SAME_DAY,
        )
        for row in candidates
    ]


def _day(day: date) -> tuple[datetime, datetime]:
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return start, start + timedelta(days=1)


def _pots(tx: Tx, fund_id: int) -> list[Pot]:
    return tx.all(select(Pot).where(Pot.fund_id == fund_id).order_by(col(Pot.id)))
