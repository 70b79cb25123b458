"""Statements of providers: daily bills and balance transactions, line by line, each stored once."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

from kernel.clock import parse_time
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from kernel.ids import donation_id_of
from kernel.money import CURRENCY, MAX_MINOR
from payments.gateway import StatementLine

BATCH = 2_000
KINDS = ("charge", "refund", "fee", "payout", "dispute", "other")
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
COLUMNS = ("line_id", "kind", "donation_id", "amount_minor", "fee_minor", "currency", "occurred_at")


def store(tx: Tx, lines: Iterable[StatementLine]) -> int:
    """Keep lines that are new; answers how many.

    Raises Conflict `statement_contradicts` when a line came before with another amount: what a provider said
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
    rows = tx.rows(
        """SELECT l.line_id, l.amount_minor, u.amount
             FROM unnest(CAST(:providers AS text[]), CAST(:lines AS text[]), CAST(:amounts AS bigint[]),
                         CAST(:fees AS bigint[])) AS u(provider, line_id, amount, fee)
             JOIN provider_line l USING (provider, line_id)
            WHERE (l.amount_minor, l.fee_minor) <> (u.amount, u.fee) ORDER BY l.line_id""",
        providers=[one.provider for one in lines],
        lines=[one.line_id for one in lines],
        amounts=[one.amount_minor for one in lines],
        fees=[one.fee_minor for one in lines],
    )
    if rows:
        told = {
            f"line_id {row[0]}": f"was {row[1]} fen before, is {row[2]} now, or has another fee" for row in rows
        }
        raise Conflict("statement_contradicts", fields=told)


def _insert(tx: Tx, lines: Sequence[StatementLine]) -> int:
    return tx.run(
        """INSERT INTO provider_line (provider, kind, line_id, source_id, payment_intent, donation_id,
                                      amount_minor, fee_minor, currency, occurred_at, fetched_at)
           SELECT u.provider, u.kind, u.line, u.source, u.intent, u.donation, u.amount, u.fee,
                  u.currency, u.at, :now
             FROM unnest(CAST(:providers AS text[]), CAST(:kinds AS text[]), CAST(:lines AS text[]),
                         CAST(:sources AS text[]), CAST(:intents AS text[]), CAST(:donations AS uuid[]),
                         CAST(:amounts AS bigint[]), CAST(:fees AS bigint[]), CAST(:currencies AS text[]),
                         CAST(:ats AS timestamptz[]))
                  AS u(provider, kind, line, source, intent, donation, amount, fee, currency, at)
           ON CONFLICT (provider, line_id) DO NOTHING""",
        providers=[one.provider for one in lines],
        kinds=[one.kind for one in lines],
        lines=[one.line_id for one in lines],
        sources=[one.source_id or "" for one in lines],
        intents=[one.payment_intent for one in lines],
        donations=[one.donation_id for one in lines],
        amounts=[one.amount_minor for one in lines],
        fees=[one.fee_minor for one in lines],
        currencies=[one.currency for one in lines],
        ats=[one.occurred_at for one in lines],
        now=tx.now,
    )


def read_bill(partner: str, text: str) -> list[StatementLine]:
    """PURE. The lines of a partner's daily bill (CSV with the columns of `COLUMNS`, amounts in fen, refunds
    negative, `donation_id` the platform's own).

    Raises Invalid `import_invalid` that names every bad row.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    lines: dict[str, StatementLine] = {}
    wrong: dict[str, str] = {}
    try:
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or [])]:
            raise Invalid("import_invalid", fields={"line 1": "missing columns: " + ", ".join(missing)})
        for row in reader:
            if fault := _keep(partner, row, lines):
                wrong[f"line {reader.line_num}"] = fault
    except csv.Error as error:
        wrong[f"line {reader.line_num + 1}"] = f"cannot be read: {error}"
    if wrong:
        raise Invalid("import_invalid", fields=wrong)
    return list(lines.values())


def _keep(partner: str, row: dict[str, str], lines: dict[str, StatementLine]) -> str | None:
    """Read one row into `lines`; answers what is wrong with it."""
    if None in row or None in row.values():
        return "must have as many fields as the first line"
    try:
        line = _line(partner, row)
    except ValueError as error:
        return str(error)
    if line.line_id in lines:
        return "line_id came before in this file"
    lines[line.line_id] = line
    return None


def _line(partner: str, row: dict[str, str]) -> StatementLine:
    kind = row["kind"]
    if kind not in KINDS:
        raise ValueError("kind must be one of " + ", ".join(KINDS))
    if not row["line_id"] or any(len(value) > 200 or "\x00" in value for value in row.values()):
        raise ValueError("line_id must not be empty, and no field may hold a NUL or more than 200 characters")
    if row["currency"] != CURRENCY:
        raise ValueError(f"currency must be {CURRENCY}")
    amount = _minor(row["amount_minor"], "amount_minor")
    if (kind == "charge" and amount <= 0) or (kind == "refund" and amount >= 0):
        raise ValueError("amount_minor must be positive for a charge and negative for a refund")
    return StatementLine(
        provider=f"partner:{partner}",
        kind=kind,  # type: ignore[arg-type]
        line_id=row["line_id"],
        source_id=row["donation_id"],
        payment_intent=None,
        donation_id=donation_id_of(partner, row["donation_id"]) if row["donation_id"] else None,
        amount_minor=amount,
        fee_minor=_minor(row["fee_minor"] or "0", "fee_minor"),
        currency=CURRENCY,
        occurred_at=_time(row["occurred_at"]),
    )


def _minor(value: str, name: str) -> int:
    if not _WHOLE.fullmatch(value):
        raise ValueError(f"{name} must be a whole number of fen")
    if abs(int(value)) > MAX_MINOR:
        raise ValueError(f"{name} is too large")
    return int(value)


def _time(value: str) -> datetime:
    try:
        return parse_time(value)
    except (ValueError, OverflowError) as error:
        raise ValueError("occurred_at must be an ISO 8601 time") from error
