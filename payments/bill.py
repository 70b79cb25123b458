"""PURE. Read a partner platform's daily bill as statement lines."""

import csv
import io
import re

from kernel.clock import parse_time
from kernel.errors import Fault, Invalid, fault
from kernel.ids import donation_id_of
from kernel.money import CURRENCY, MAX_MINOR
from payments.gateway import StatementLine

MOST_CELL = 200  # characters
KINDS = ("charge", "refund", "fee", "payout", "dispute", "other")
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
COLUMNS = ("line_id", "kind", "donation_id", "amount_minor", "fee_minor", "currency", "occurred_at")


def read_bill(partner: str, text: str) -> list[StatementLine]:
    """Return the lines of a bill: CSV with the columns of `COLUMNS`, amounts in fen, refunds negative,
    `donation_id` the platform's own.

    Raises Invalid `import_invalid` that names every bad row, and every bad column of it: `line 3.currency`.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    lines: dict[str, StatementLine] = {}
    wrong: dict[str, Fault] = {}
    try:
        if missing := [name for name in COLUMNS if name not in (reader.fieldnames or [])]:
            raise Invalid("import_invalid", fields={"line 1": fault("missing_columns", columns=missing)})
        for row in reader:
            wrong |= _keep(partner, reader.line_num, row, lines, len(reader.fieldnames or []))
    except csv.Error:
        wrong[f"line {reader.line_num + 1}"] = fault("unreadable")
    if wrong:
        raise Invalid("import_invalid", fields=wrong)
    return list(lines.values())


def _keep(
    partner: str, number: int, row: dict[str, str], lines: dict[str, StatementLine], width: int
) -> dict[str, Fault]:
    """Read one row into `lines`; return what is wrong with it, by line and column."""
    if None in row or None in row.values():
        count = sum(len(value) if isinstance(value, list) else value is not None for value in row.values())
        return {f"line {number}": fault("wrong_column_count", count=count, expected=width)}
    if wrong := _row_faults(row):
        return {f"line {number}.{column}": refused for column, refused in wrong.items()}
    line = _line(partner, row)
    if line.line_id in lines:
        return {f"line {number}.line_id": fault("taken")}
    lines[line.line_id] = line
    return {}


def _row_faults(row: dict[str, str]) -> dict[str, Fault]:
    """What is wrong with a row by itself: column -> fault."""
    wrong: dict[str, Fault] = {}
    for column, value in row.items():
        if len(value) > MOST_CELL:
            wrong[column] = fault("too_long", most=MOST_CELL)
        elif "\x00" in value:
            wrong[column] = fault("not_storable")
    if not row["line_id"]:
        wrong["line_id"] = fault("required")
    if row["kind"] not in KINDS:
        wrong["kind"] = fault("not_one_of", options=KINDS)
    if row["currency"] != CURRENCY:
        wrong["currency"] = fault("currency_unsupported", currency=CURRENCY)
    for column in ("amount_minor", "fee_minor"):
        if refused := _minor_fault(row[column] or ("0" if column == "fee_minor" else "")):
            wrong[column] = refused
    if "amount_minor" not in wrong and _wrong_sign(row["kind"], int(row["amount_minor"])):
        wrong["amount_minor"] = fault("amount_sign")
    try:
        parse_time(row["occurred_at"])
    except (ValueError, OverflowError):
        wrong["occurred_at"] = fault("not_a_time")
    return wrong


def _minor_fault(value: str) -> Fault | None:
    if not _WHOLE.fullmatch(value):
        return fault("not_whole")
    return fault("amount_too_large", most_minor=MAX_MINOR) if abs(int(value)) > MAX_MINOR else None


def _wrong_sign(kind: str, amount_minor: int) -> bool:
    return (kind == "charge" and amount_minor <= 0) or (kind == "refund" and amount_minor >= 0)


def _line(partner: str, row: dict[str, str]) -> StatementLine:
    """The line in a row that has no faults."""
    return StatementLine(
        provider=f"partner:{partner}",
        kind=row["kind"],  # type: ignore[arg-type]
        line_id=row["line_id"],
        source_id=row["donation_id"],
        payment_intent=None,
        donation_id=donation_id_of(partner, row["donation_id"]) if row["donation_id"] else None,
        amount_minor=int(row["amount_minor"]),
        fee_minor=int(row["fee_minor"] or "0"),
        currency=CURRENCY,
        occurred_at=parse_time(row["occurred_at"]),
    )
