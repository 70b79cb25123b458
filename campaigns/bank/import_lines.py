"""Import bank statements from files. Every booked line is stored once."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from itertools import islice
from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.bank.models import BankLine, BankPart
from campaigns.import_plan import ImportPlan, Sum
from kernel.bulk import insert_rows, unnest
from kernel.clock import SHANGHAI
from kernel.db import Tx
from kernel.errors import Fault, fault
from kernel.tables import Track
from payments.bank.bank_csv import read_bank_csv
from payments.bank.bank_lines import BankFile, StatedLine
from payments.bank.camt import is_xml, read_camt

BATCH = 2_000
_ALIKE = ("account", "line_id", "booked_on", "amount_minor")


def read_bank_file(data: bytes, track: Track = iter) -> BankFile:
    """Read a bank's file: XML as camt.053, any other file as a table. Raises Invalid `import_invalid`."""
    return read_camt(data) if is_xml(data) else read_bank_csv(data, track)


def plan_lines(tx: Tx, file: BankFile) -> ImportPlan[StatedLine]:
    """Check the lines of a file against earlier files, without changing anything."""
    lines = [line for _, line in file.lines]
    known = _known(tx, lines)
    new = [line for line in lines if (line.account, line.line_id) not in known]
    return ImportPlan(
        kind="bank",
        table=file.table,
        new=tuple(new),
        sums=_sums(new, len(known)),
        skipped=file.table.skipped,
        times=tuple(datetime.combine(line.booked_on, time(), SHANGHAI) for line in lines),
        faults=file.faults,
        contradictions=_contradictions(file, known),
        warnings={**{f"line {number}": fault("not_booked") for number in file.pending}, **file.doubts},
        contradiction_code="bank_line_contradicts",
    )


class _Known(NamedTuple):
    """A stored line, and whether the file states the same amount and day."""

    account: str
    line_id: str
    amount_minor: int
    booked_on: str
    alike: bool


def _known(tx: Tx, lines: Sequence[StatedLine]) -> dict[tuple[str, str], _Known]:
    rows = tx.rows_as(
        _Known,
        f"""SELECT l.account, l.line_id, l.amount_minor, CAST(l.booked_on AS text) AS booked_on,
                   (l.amount_minor, l.booked_on) = (u.amount_minor, u.booked_on) AS alike
              FROM {unnest(BankLine, *_ALIKE)} JOIN bank_line l USING (account, line_id)""",
        **{name: [getattr(line, name) for line in lines] for name in _ALIKE},
    )
    return {(row.account, row.line_id): row for row in rows}


def _contradictions(file: BankFile, known: dict[tuple[str, str], _Known]) -> dict[str, Fault]:
    faults = {}
    for number, line in file.lines:
        before = known.get((line.account, line.line_id))
        if before is None or before.alike:
            continue
        if before.amount_minor != line.amount_minor:
            why = fault("amount_changed", before_minor=before.amount_minor, now_minor=line.amount_minor)
        else:
            why = fault("line_of_another", before=before.booked_on, now=str(line.booked_on))
        faults[f"line {number}.line_id"] = why
    return faults


def _sums(new: Sequence[StatedLine], known_count: int) -> tuple[Sum, ...]:
    came_in = [line.amount_minor for line in new if line.amount_minor > 0]
    went_out = [line.amount_minor for line in new if line.amount_minor < 0]
    return (
        Sum("came_in", len(came_in), sum(came_in)),
        Sum("went_out", len(went_out), sum(went_out)),
        Sum("known", known_count),
    )


def write_lines(tx: Tx, plan: ImportPlan[StatedLine], actor: str, track: Track = iter) -> int:
    """Store the new lines of a plan, and return how many were stored.

    Raises Invalid `import_invalid`, and Conflict `bank_line_contradicts` for a line that was imported before with
    another amount or day.
    """
    plan.require_sound()
    added, rest = 0, iter(track(plan.new))
    while batch := list(islice(rest, BATCH)):
        added += _store(tx, batch)
    record_audit(tx, actor, "bank.import", "bank", lines=added, format=plan.table.layout.name)
    return added


_COLUMNS = (
    "account",
    "statement",
    "line_id",
    "booked_on",
    "valued_on",
    "amount_minor",
    "currency",
    "reference",
    "reversal",
    "payments",
    "is_fee",
)


def _store(tx: Tx, lines: Sequence[StatedLine]) -> int:
    rows = insert_rows(
        tx,
        BankLine,
        {name: [getattr(line, name) for line in lines] for name in _COLUMNS} | {"imported_at": tx.now},
        conflict="(account, line_id)",
        returning="account, line_id, id",
    )
    ids = {(row.account, row.line_id): row.id for row in rows}
    _store_parts(
        tx, ((ids[line.account, line.line_id], line) for line in lines if (line.account, line.line_id) in ids)
    )
    return len(rows)


def _store_parts(tx: Tx, lines: Iterable[tuple[int, StatedLine]]) -> None:
    parts = [(line_id, nth, part) for line_id, line in lines for nth, part in enumerate(line.parts, 1)]
    if parts:
        insert_rows(
            tx,
            BankPart,
            {
                "bank_line_id": [line_id for line_id, _, _ in parts],
                "number": [nth for _, nth, _ in parts],
                "amount_minor": [part.amount_minor for _, _, part in parts],
                "reference": [part.reference for _, _, part in parts],
            },
        )
