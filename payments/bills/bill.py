"""PURE. Read a partner platform's daily bill as statement lines. Its stated totals must equal those of its
lines."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from kernel.errors import Fault, fault
from kernel.human_input import Unreadable, read_amount, read_moment, read_whole
from kernel.ids import donation_id_of
from kernel.money import CURRENCY
from kernel.tables import Row, Table, Track, read_table
from kernel.text import is_storable
from payments.bills.bill_files import unpack
from payments.bills.bill_formats import FORMATS, KINDS, NO_MONEY, OWN, BillFormat
from payments.bills.bill_totals import totals_refused
from payments.gateway import StatementLine

MOST_CELL = 200  # characters
_ZEROS_BELOW_FEN = re.compile(r"(\.\d\d)0+", re.ASCII)  # WeChat Pay writes fees as 0.30000


class Bill(NamedTuple):
    """A parsed bill: its lines by line number in the file, and the faults. `summary`: the platform's file of
    totals, if it came with one. Totals are compared only if no line has a fault."""

    table: Table
    lines: Mapping[int, StatementLine]
    faults: Mapping[str, Fault]
    skipped: int  # lines of the file that are not lines of the bill, and lines of kind NO_MONEY
    summary: bytes | None = None


def read_bill(partner: str, data: bytes | str, track: Track = iter) -> Bill:
    """Read a bill in one of the formats of `bill_formats`, packed or not. `donation_id` is the platform's own id.

    `faults` name every bad row and column: `line 3.currency`. Raises Invalid `import_invalid` if it is not a table.
    """
    file = unpack(data)
    table = read_table(file.lines, [bill_format.layout for bill_format in FORMATS])
    bill_format = next(candidate for candidate in FORMATS if candidate.layout is table.layout)
    faults = dict(table.faults)
    lines: dict[int, StatementLine] = {}
    known: set[str] = set()
    failed = 0
    for row in track(table.rows):
        kind = _kind(bill_format, row)
        if kind == NO_MONEY:
            failed += 1
            continue
        reader = _RowReader(partner, bill_format, row, kind)
        line = reader.line()
        if line is not None and line.line_id in known:
            reader.faults["line_id"] = fault("repeated")
        for column, refused in reader.faults.items():
            faults.setdefault(f"line {row.line}.{column}", refused)
        if line is not None:
            known.add(line.line_id)
            lines[row.line] = line
    if not faults:
        faults |= totals_refused(table, file.summary)
    return Bill(table, lines, faults, table.skipped + failed, file.summary)


def _kind(bill_format: BillFormat, row: Row) -> str | None:
    """Return our kind of a line, NO_MONEY for a line that is not counted, None for an unknown word."""
    kind = bill_format.kinds.get(row.cells["kind"], bill_format.kinds.get("*"))
    if kind == "fee" and row.cells.get(bill_format.of_trade):
        return NO_MONEY
    return NO_MONEY if kind == "refund" and row.cells.get("state") in bill_format.failed else kind


class _RowReader:
    """Reads the cells of one row and collects their faults by column."""

    def __init__(self, partner: str, bill_format: BillFormat, row: Row, kind: str | None) -> None:
        self.partner = partner
        self.format = bill_format
        self.cells = row.cells
        self.kind = kind
        self.faults: dict[str, Fault] = {}

    def line(self) -> StatementLine | None:
        """Return the line in this row; None if it has faults."""
        self._check_cells()
        kind = self.kind or "other"
        source_id = self.cells.get("donation_id", "")
        line_id = self._line_id(kind)
        amount = self._amount(kind)
        fee = self._fee()
        occurred_at = self._time()
        if self.faults or occurred_at is None:
            return None
        return StatementLine(
            provider=f"partner:{self.partner}",
            kind=kind,  # type: ignore[arg-type]
            line_id=line_id,
            source_id=source_id,
            payment_intent=None,
            donation_id=donation_id_of(self.partner, source_id) if source_id else None,
            amount_minor=amount,
            fee_minor=fee,
            currency=CURRENCY,
            occurred_at=occurred_at,
            corrects=self.cells.get("corrects") or None,
        )

    def _check_cells(self) -> None:
        for column, value in self.cells.items():
            if len(value) > MOST_CELL:
                self.faults[column] = fault("too_long", most=MOST_CELL)
            elif not is_storable(value):
                self.faults[column] = fault("not_storable")
        if self.kind is None:
            words = KINDS if self.format is OWN else tuple(self.format.kinds)
            self.faults["kind"] = fault("not_one_of", options=words)
        if self.cells.get("currency", CURRENCY) != CURRENCY:
            self.faults["currency"] = fault("currency_unsupported", currency=CURRENCY)
        if self.format is not OWN and self.cells.get("donation_id") == "":
            self.faults["donation_id"] = fault("required")
        if self.format.directions and self.cells["direction"] not in self.format.directions:
            self.faults["direction"] = fault("not_one_of", options=tuple(self.format.directions))

    def _line_id(self, kind: str) -> str:
        columns = self.format.line_id.get(kind, ("line_id",))
        for column in columns:
            if not self.cells.get(column):
                self.faults[column] = fault("required")
        return ":".join(self.cells.get(column, "") for column in columns)

    def _amount(self, kind: str) -> int:
        if self.format.sides:
            return self._side(*self.format.sides)
        column, sign = self.format.amount.get(kind) or self.format.amount["charge"]
        sign *= (self.format.directions or {}).get(self.cells.get("direction", ""), 1)
        amount = sign * self._figure(column, self.cells[column])
        # A correction adds to an earlier line or subtracts from it, possibly only its fee, so it may have any sign.
        wrong_sign = (kind == "charge" and amount <= 0) or (kind == "refund" and amount == 0)
        wrong_sign = wrong_sign and not self.cells.get("corrects")
        if column not in self.faults and wrong_sign:
            self.faults[column] = fault("amount_sign")
        return amount

    def _side(self, income: str, expense: str) -> int:
        """Return the one of two columns that is filled: income (positive) or expense (negative)."""
        came, went = (self._figure(column, self.cells[column] or "0") for column in (income, expense))
        if not {income, expense} & self.faults.keys() and (came < 0 or went > 0 or (came == 0) == (went == 0)):
            self.faults[income] = fault("one_side")
        return came + went

    def _fee(self) -> int:
        column = "fee_minor" if self.format.in_fen else "fee_yuan"
        return self.format.fee_sign * self._figure(column, self.cells.get(column) or "0")

    def _figure(self, column: str, text: str) -> int:
        """Return a figure in fen. If it cannot be read, record a fault and return 0."""
        try:
            if self.format.in_fen:
                return read_whole(text)
            return read_amount(_ZEROS_BELOW_FEN.sub(r"\1", text), negative=True)
        except Unreadable as unreadable:
            self.faults.setdefault(column, unreadable.fault)
            return 0

    def _time(self) -> datetime | None:
        column = next((name for name in self.format.times if self.cells[name]), self.format.times[0])
        try:
            return read_moment(self.cells[column]).at
        except Unreadable as unreadable:
            self.faults.setdefault(column, unreadable.fault)
            return None
