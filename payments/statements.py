"""Statements of providers: daily bills and balance transactions, line by line, each stored once."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, time, timedelta
from itertools import islice
from typing import Any, NamedTuple

from kernel.bulk import insert_rows, unnest
from kernel.clock import SHANGHAI, local_day
from kernel.db import Tx
from kernel.errors import Fault, fault
from payments.gateway import StatementLine
from payments.models import LineConflict, ProviderLine

BATCH = 2_000
FETCHED = frozenset({"stripe"})  # providers whose statements come from their API, never from a file


class _Contradiction(NamedTuple):
    """A line that is stored with another amount or fee (fen), donation, kind or time."""

    line_id: str
    stored_minor: int
    amount_minor: int
    stored_line: str  # kind and donation; also currency and time, if they differ
    line: str
    moved: bool


class Dropped(NamedTuple):
    """A stored line that a second bill of its day lacks; fen."""

    line_id: str
    amount_minor: int


class Stored(NamedTuple):
    """How many lines were new, and how many were newly kept beside an earlier one."""

    new: int
    beside: int


def store(tx: Tx, lines: Iterable[StatementLine]) -> Stored:
    """Store new lines. A line that contradicts an earlier one is stored beside it for review: the first one counts,
    and what a provider stated is never changed silently."""
    new = beside = 0
    rest = iter(lines)
    while batch := list(islice(rest, BATCH)):
        added, changed = _store(tx, batch)
        new += added
        if added < len(batch):
            _withdraw(tx, batch)
            beside += _insert_conflicts(tx, [line for line in batch if _place(line) in changed])
    return Stored(new, beside)


def _store(tx: Tx, lines: Sequence[StatementLine]) -> tuple[int, dict[str, Fault]]:
    """Store new lines; return how many there were, and which lines contradict earlier ones."""
    new = _insert(tx, lines)
    if new == len(lines):
        return new, {}
    _correct_earlier(tx, lines)
    return new, contradictions(tx, lines)


def _correct_earlier(tx: Tx, lines: Sequence[StatementLine]) -> None:
    """Correct lines of earlier versions: those stored in the currency of the balance get the payment's own, and
    those of a kind unknown then get their kind."""
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
    """Return which of these lines count with another amount, fee, currency, donation, kind or time, and how. A line
    counts as it was stored, or as an operator took it from a later bill. A kind that an earlier version did not
    know (`other`) may become known."""
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
              JOIN ({_COUNTING}) AS l USING (provider, line_id)
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


# Each line as it counts: as it was stored, or as an operator took it from a later bill.
_COUNTING = """
    SELECT f.provider, f.line_id, coalesce(t.kind, f.kind) AS kind,
           coalesce(t.source_id, f.source_id) AS source_id,
           coalesce(t.amount_minor, f.amount_minor) AS amount_minor,
           coalesce(t.fee_minor, f.fee_minor) AS fee_minor,
           coalesce(t.currency, f.currency) AS currency, coalesce(t.occurred_at, f.occurred_at) AS occurred_at
      FROM provider_line f
      LEFT JOIN LATERAL (SELECT * FROM provider_line_conflict c
                          WHERE (c.provider, c.line_id) = (f.provider, f.line_id) AND c.taken_at IS NOT NULL
                          ORDER BY c.id DESC LIMIT 1) AS t ON true"""
# The stored lines that a bill lacks although it has at least half of those of their day. Then it is another version
# of that day's bill, not another part of it (our default). Corrections are left out, and so are taken lines.
_DROPPED = f"""
    WITH sent AS (SELECT DISTINCT u.line_id FROM unnest(CAST(:line_ids AS text[])) AS u(line_id)),
    of_days AS (
        SELECT l.*, CAST(l.occurred_at AT TIME ZONE '{SHANGHAI}' AS date) AS day, s.line_id IS NOT NULL AS again
          FROM provider_line l LEFT JOIN sent s USING (line_id)
         WHERE l.provider = :provider AND l.occurred_at >= :since AND l.occurred_at < :until AND l.corrects IS NULL
           AND NOT EXISTS (SELECT FROM provider_line_conflict c
                            WHERE c.provider = l.provider AND c.taken_at IS NOT NULL
                              AND l.line_id = c.line_id || '#second-' || c.id))
    SELECT d.* FROM of_days d
     WHERE NOT d.again AND d.amount_minor <> 0
       AND d.day IN (SELECT day FROM of_days GROUP BY day HAVING 2 * count(*) FILTER (WHERE again) >= count(*))
       AND NOT EXISTS (SELECT FROM provider_line_conflict t
                        WHERE (t.provider, t.line_id) = (d.provider, d.line_id) AND t.dropped
                          AND t.taken_at IS NOT NULL)"""


def dropped(tx: Tx, lines: Sequence[StatementLine]) -> list[Dropped]:
    """Return the stored lines that a bill lacks, of the days for which it repeats earlier bills."""
    if not lines:
        return []
    rows = tx.rows(f"SELECT x.line_id, x.amount_minor FROM ({_DROPPED}) AS x ORDER BY 1", **_days_of(lines))
    return [Dropped(*row) for row in rows]


def keep_dropped(tx: Tx, lines: Sequence[StatementLine]) -> int:
    """Record for review, beside the stored lines that a bill lacks, that it lacks them; return how many are new.
    Call it before the bill is stored, because its new lines were in no earlier bill."""
    if not lines:
        return 0
    rows = tx.rows(
        f"""INSERT INTO provider_line_conflict (provider, line_id, kind, source_id, amount_minor, fee_minor,
                                                currency, occurred_at, fetched_at, dropped)
            SELECT x.provider, x.line_id, x.kind, x.source_id, 0, 0, x.currency, x.occurred_at, :now, true
              FROM ({_DROPPED}) AS x
                ON CONFLICT DO NOTHING RETURNING id""",
        now=tx.now,
        **_days_of(lines),
    )
    return len(rows)


def _days_of(lines: Sequence[StatementLine]) -> dict[str, Any]:
    """Return the provider and line ids of a bill, and the bounds of its days in Shanghai: from the beginning of the
    first to the end of the last."""
    days = [local_day(line.occurred_at) for line in lines]
    since, until = (datetime.combine(day, time(), SHANGHAI) for day in (min(days), max(days) + timedelta(days=1)))
    return {
        "provider": lines[0].provider,
        "line_ids": [line.line_id for line in lines],
        "since": since,
        "until": until,
    }


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


def kept_beside(tx: Tx, lines: Sequence[StatementLine], again: Collection[str], gone: Sequence[Dropped]) -> bool:
    """Return whether exactly what a bill states otherwise (`again`, of `contradictions`) and lacks (`gone`) waits
    for a decision already, so that storing its known lines once more would change nothing."""
    rows = tx.rows(
        """SELECT line_id, dropped, kind, source_id, amount_minor, fee_minor, currency, occurred_at
             FROM provider_line_conflict
            WHERE provider = :provider AND line_id = ANY(:line_ids)
              AND taken_at IS NULL AND withdrawn_at IS NULL""",
        provider=lines[0].provider if lines else "",
        line_ids=[line.line_id for line in lines] + [line.line_id for line in gone],
    )
    kept = {(line_id, () if was_dropped else tuple(contents)) for line_id, was_dropped, *contents in rows}
    return kept == {
        *((line.line_id, _contents(line)) for line in lines if _place(line) in again),
        *((line.line_id, ()) for line in gone),
    }


def _contents(line: StatementLine) -> tuple[object, ...]:
    amounts = (line.amount_minor, line.fee_minor, line.currency)
    return (line.kind, line.source_id or "", *amounts, line.occurred_at)


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


def _withdraw(tx: Tx, lines: Sequence[StatementLine]) -> None:
    """Withdraw contradicting versions that no operator took, where the provider now states something else."""
    names = ("provider", "line_id", "kind", "source_id", "amount_minor", "fee_minor", "currency", "occurred_at")
    contents = [f"{{of}}.{name}" for name in names[2:]]
    tx.run(
        f"""UPDATE provider_line_conflict c SET withdrawn_at = :now
              FROM {unnest(ProviderLine, *names)}
             WHERE (c.provider, c.line_id) = (u.provider, u.line_id)
               AND c.taken_at IS NULL AND c.withdrawn_at IS NULL
               AND ({", ".join(contents).format(of="c")}) <> ({", ".join(contents).format(of="u")})""",
        **(
            {name: [getattr(line, name) for line in lines] for name in names}
            | {"source_id": [line.source_id or "" for line in lines], "now": tx.now}
        ),
    )


def _insert_conflicts(tx: Tx, lines: Sequence[StatementLine]) -> int:
    if not lines:
        return 0
    names = ("provider", "line_id", "kind", "amount_minor", "fee_minor", "currency", "occurred_at")
    values: dict[str, Any] = {name: [getattr(line, name) for line in lines] for name in names}
    values |= {"source_id": [line.source_id or "" for line in lines], "fetched_at": tx.now}
    return len(insert_rows(tx, LineConflict, values, conflict="any", returning="id"))
