"""PURE. Build vouchers from sums of transfers: which transfers belong together, and what their lines are."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

WORD = "记"  # the word of all our vouchers (凭证字)


class Moved(NamedTuple):
    """Transfers of one day, kind, campaign and currency between the same accounts, summed in fen. The projects
    that a pot has reserved or captured match for are one account here; the drill-down shows each transfer."""

    occurred_on: date
    campaign_id: int | None
    kind: str
    currency: str
    debit_kind: str
    debit_fund_id: int | None
    debit_pot_id: int | None
    debit_provider: str | None
    debit_project_id: int | None
    credit_kind: str
    credit_fund_id: int | None
    credit_pot_id: int | None
    credit_provider: str | None
    credit_project_id: int | None
    amount_minor: int
    transfers: int
    first_transfer: int
    last_transfer: int


class Line(NamedTuple):
    """A line of a voucher, in fen."""

    side: str
    account_kind: str
    fund_id: int | None
    pot_id: int | None
    provider: str | None
    project_id: int | None
    amount_minor: int


class NewVoucher(NamedTuple):
    """A voucher that has no number yet."""

    occurred_on: date
    campaign_id: int | None
    kind: str
    currency: str
    amount_minor: int
    transfers: int
    first_transfer: int
    last_transfer: int
    lines: tuple[Line, ...]


def _voucher_of(row: Moved) -> tuple[date, int, str, str]:
    return row.occurred_on, row.campaign_id or 0, row.kind, row.currency


def make_vouchers(moved: Iterable[Moved]) -> list[NewVoucher]:
    """Return one voucher per day, campaign, kind and currency, in that order. Debits come before credits."""
    groups = groupby(sorted(moved, key=_voucher_of), key=_voucher_of)
    return [_voucher(list(rows)) for _key, rows in groups]


def _voucher(rows: list[Moved]) -> NewVoucher:
    first = rows[0]
    return NewVoucher(
        first.occurred_on,
        first.campaign_id,
        first.kind,
        first.currency,
        sum(row.amount_minor for row in rows),
        sum(row.transfers for row in rows),
        min(row.first_transfer for row in rows),
        max(row.last_transfer for row in rows),
        (*_lines(rows, "debit"), *_lines(rows, "credit")),
    )


def _lines(rows: list[Moved], side: str) -> Iterable[Line]:
    account = attrgetter(*(f"{side}_{name}" for name in ("kind", "fund_id", "pot_id", "provider", "project_id")))
    sums: dict[tuple[str, int | None, int | None, str | None, int | None], int] = {}
    for row in rows:
        sums[account(row)] = sums.get(account(row), 0) + row.amount_minor
    in_order = sorted(sums.items(), key=lambda item: tuple(str(part or "") for part in item[0]))
    return (Line(side, *key, amount_minor) for key, amount_minor in in_order)
