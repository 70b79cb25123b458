"""Statements of providers: daily bills and balance transactions, line by line, each stored once."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from kernel.bulk import insert_rows, unnest
from kernel.db import Tx
from kernel.errors import Fault, fault
from payments.gateway import StatementLine
from payments.models import LineConflict, ProviderLine

BATCH = 2_000
FETCHED = frozenset({"stripe"})  # providers whose statements are read through their API, never from a file


class _Contradiction(NamedTuple):
    """A line that was stored with another amount or fee (fen), or for another donation, kind or time."""

    line_id: str
    stored_minor: int
    amount_minor: int
    stored_line: str  # kind and donation; and currency and time, where they differ
    line: str
    moved: bool


class Stored(NamedTuple):
    """How many lines were new, and how many are kept for the first time beside an earlier one."""

    new: int
    beside: int


def store(tx: Tx, lines: Iterable[StatementLine]) -> Stored:
    """Store the lines that are new, and those that contradict an earlier one beside it, for review: the first one
    counts, and what a provider said once is never changed silently."""
    new = beside = 0
    rest = iter(lines)
    while batch := list(islice(rest, BATCH)):
        added, changed = _store(tx, batch)
        new += added
        if changed:
            beside += _insert_conflicts(tx, [line for line in batch if _place(line) in changed])
    return Stored(new, beside)


def _store(tx: Tx, lines: Sequence[StatementLine]) -> tuple[int, dict[str, Fault]]:
    """Store lines that are new; return how many, and which contradict earlier ones."""
    new = _insert(tx, lines)
    if new == len(lines):
        return new, {}
    _correct_earlier(tx, lines)
    return new, contradictions(tx, lines)


def _correct_earlier(tx: Tx, lines: Sequence[StatementLine]) -> None:
    """Lines that an earlier version stored in the currency of the balance get the payment's own; those of a kind
    that it did not know get their kind."""
    names = ("provider", "line_id", "amount_minor", "currency", "fee_currency")
    tx.run(
        f"""UPDATE provider_line l SET amount_minor = u.amount_minor, currency = u.currency,
                   fee_currency = u.fee_currency
              FROM {unnest(ProviderLine, *names)}
             WHERE (l.provider, l.line_id) = (u.provider, u.line_id) AND l.fee_currency IS NULL
               AND l.currency = u.fee_currency AND l.currency <> u.currency""",
        **{name: [getattr(line, name) for line in lines] for name in names},
    )
    tx.run(
        f"""UPDATE provider_line l SET kind = u.kind FROM {unnest(ProviderLine, "provider", "line_id", "kind")}
             WHERE (l.provider, l.line_id) = (u.provider, u.line_id) AND l.kind = 'other' AND u.kind <> 'other'
               AND l.provider NOT LIKE 'partner:%'""",
        provider=[line.provider for line in lines],
        line_id=[line.line_id for line in lines],
        kind=[line.kind for line in lines],
    )


def contradictions(tx: Tx, lines: Sequence[StatementLine]) -> dict[str, Fault]:
    """Return which of these lines were stored with another amount, fee, currency, donation, kind or time, and how.
    A kind that an earlier version did not know (`other`) may become known."""
    names = ("provider", "line_id", "kind", "source_id", "currency", "amount_minor", "fee_minor", "occurred_at")
    rows = tx.rows_as(
        _Contradiction,
        f"""SELECT l.line_id, l.amount_minor AS stored_minor, u.amount_minor,
                   concat_ws(' ', l.kind, l.source_id, nullif(l.currency, u.currency),
                             nullif(l.occurred_at, u.occurred_at)) AS stored_line,
                   concat_ws(' ', u.kind, u.source_id, nullif(u.currency, l.currency),
                             nullif(u.occurred_at, l.occurred_at)) AS line,
                   (l.amount_minor, l.fee_minor) = (u.amount_minor, u.fee_minor) AS moved
              FROM {unnest(ProviderLine, *names)}
              JOIN provider_line l USING (provider, line_id)
             WHERE (l.amount_minor, l.fee_minor) <> (u.amount_minor, u.fee_minor)
                OR (l.source_id, l.currency, l.occurred_at) <> (u.source_id, u.currency, u.occurred_at)
                OR (l.kind <> u.kind AND (l.kind <> 'other' OR l.provider LIKE 'partner:%'))
             ORDER BY l.line_id""",
        **{name: [getattr(line, name) or "" for line in lines] for name in names[:5]},
        amount_minor=[line.amount_minor for line in lines],
        fee_minor=[line.fee_minor for line in lines],
        occurred_at=[line.occurred_at for line in lines],
    )
    return {f"line_id {row.line_id}": _contradiction(row) for row in rows}


def _place(line: StatementLine) -> str:
    return f"line_id {line.line_id}"


def known_lines(tx: Tx, lines: Sequence[StatementLine]) -> int:
    """Return how many of these lines are stored."""
    return int(
        tx.scalar(
            f"""SELECT count(*) FROM {unnest(ProviderLine, "provider", "line_id")}
                  JOIN provider_line l USING (provider, line_id)""",
            provider=[line.provider for line in lines],
            line_id=[line.line_id for line in lines],
        )
    )


def _contradiction(row: _Contradiction) -> Fault:
    if row.moved:
        return fault("line_of_another", before=row.stored_line, now=row.line)
    return fault("amount_changed", before_minor=row.stored_minor, now_minor=row.amount_minor)


def _insert(tx: Tx, lines: Sequence[StatementLine]) -> int:
    inserted = insert_rows(
        tx,
        ProviderLine,
        {
            "provider": [line.provider for line in lines],
            "kind": [line.kind for line in lines],
            "line_id": [line.line_id for line in lines],
            "source_id": [line.source_id or "" for line in lines],
            "payment_intent": [line.payment_intent for line in lines],
            "donation_id": [line.donation_id for line in lines],
            "amount_minor": [line.amount_minor for line in lines],
            "fee_minor": [line.fee_minor for line in lines],
            "currency": [line.currency for line in lines],
            "fee_currency": [line.fee_currency for line in lines],
            "corrects": [line.corrects for line in lines],
            "occurred_at": [line.occurred_at for line in lines],
            "fetched_at": tx.now,
        },
        conflict="(provider, line_id)",
        returning="id",
    )
    return len(inserted)


def _insert_conflicts(tx: Tx, lines: Sequence[StatementLine]) -> int:
    names = ("provider", "line_id", "kind", "amount_minor", "fee_minor", "currency", "occurred_at")
    values: dict[str, Any] = {name: [getattr(line, name) for line in lines] for name in names}
    values |= {"source_id": [line.source_id or "" for line in lines], "fetched_at": tx.now}
    return len(insert_rows(tx, LineConflict, values, conflict="any", returning="id"))
