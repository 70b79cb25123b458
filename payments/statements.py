"""Statements of providers: daily bills and balance transactions, line by line, each stored once."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import NamedTuple

from kernel.bulk import insert_rows, unnest
from kernel.db import Tx
from kernel.errors import Conflict, fault
from payments.gateway import StatementLine
from payments.models import ProviderLine

BATCH = 2_000
FETCHED = frozenset({"stripe"})  # providers whose statements are read through their API, never from a file


class _Contradiction(NamedTuple):
    """A line that was stored with another amount or fee (fen)."""

    line_id: str
    stored_minor: int
    amount_minor: int


def store(tx: Tx, lines: Iterable[StatementLine]) -> int:
    """Store lines that are new and return how many.

    Raises Conflict `statement_contradicts` when a line was stored with another amount or fee: what a provider said
    once is never changed silently.
    """
    new = 0
    rest = iter(lines)
    while batch := list(islice(rest, BATCH)):
        new += _store(tx, batch)
    return new


def _store(tx: Tx, lines: Sequence[StatementLine]) -> int:
    new = _insert(tx, lines)
    if new < len(lines):
        _compare(tx, lines)
    return new


def _compare(tx: Tx, lines: Sequence[StatementLine]) -> None:
    rows = tx.rows_as(
        _Contradiction,
        f"""SELECT l.line_id, l.amount_minor AS stored_minor, u.amount_minor
              FROM {unnest(ProviderLine, "provider", "line_id", "amount_minor", "fee_minor")}
              JOIN provider_line l USING (provider, line_id)
             WHERE (l.amount_minor, l.fee_minor) <> (u.amount_minor, u.fee_minor) ORDER BY l.line_id""",
        provider=[line.provider for line in lines],
        line_id=[line.line_id for line in lines],
        amount_minor=[line.amount_minor for line in lines],
        fee_minor=[line.fee_minor for line in lines],
    )
    if rows:
        changed = {
            f"line_id {row.line_id}": fault(
                "amount_changed", before_minor=row.stored_minor, now_minor=row.amount_minor
            )
            for row in rows
        }
        raise Conflict("statement_contradicts", fields=changed)


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
            "occurred_at": [line.occurred_at for line in lines],
            "fetched_at": tx.now,
        },
        conflict="(provider, line_id)",
        returning="id",
    )
    return len(inserted)
