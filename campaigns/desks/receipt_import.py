"""Import a file of the fiscal system: all of its receipts or none. Importing the same file again changes
nothing."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlmodel import col, or_, select

from campaigns.audit import record_audit
from campaigns.desks.receipt_desk import Issued, issue
from campaigns.desks.receipt_file import ReceiptFile, ReceiptRow
from campaigns.donations.models import Donation
from campaigns.donations.receipts.receipt_models import ReceiptRequest, ReceiptState
from campaigns.import_plan import ImportPlan, Sum
from campaigns.projects.models import Project
from kernel.db import Tx
from kernel.errors import Fault, fault
from kernel.tables import Track


class _Known(NamedTuple):
    """The stored requests and receipt numbers that a file names."""

    requests: Mapping[
        int, tuple[ReceiptRequest, int, Sequence[str]]
    ]  # with the rest of the donation, and its project's lineage
    numbers: dict[tuple[str, str], int]


def plan_receipts(tx: Tx, file: ReceiptFile, branch_code: str | None = None) -> ImportPlan[ReceiptRow]:
    """Compare a file with the requests; change nothing. With `branch_code`, requests outside that branch are
    faults."""
    known = _known(tx, file.rows)
    new, earlier = [], []
    faults: dict[str, Fault] = dict(file.faults)
    contradictions: dict[str, Fault] = {}
    for row in file.rows:
        request, kept_minor, lineage = known.requests.get(row.request, (None, 0, []))
        if request is None or (branch_code is not None and branch_code not in lineage):
            faults[f"line {row.line}.request"] = fault("unknown_request")
        elif _same(request, row):
            earlier.append(row)
        elif request.state != ReceiptState.REQUESTED:
            contradictions[f"line {row.line}.request"] = fault("receipt_not_open")
        elif known.numbers.get((row.code, row.number), row.request) != row.request:
            contradictions[f"line {row.line}.number"] = fault("taken")
        elif row.amount_minor != kept_minor:
            faults[f"line {row.line}.amount_yuan"] = fault("amount_not_kept", now_minor=kept_minor)
        else:
            new.append(row)
    parts = {"receipts": new, "known": earlier}
    return ImportPlan(
        kind="receipts",
        table=file.table,
        new=tuple(new),
        sums=tuple(Sum(name, len(rows), sum(row.amount_minor for row in rows)) for name, rows in parts.items()),
        skipped=file.table.skipped + file.without,
        faults=faults,
        contradictions=contradictions,
    )


def write_receipts(tx: Tx, plan: ImportPlan[ReceiptRow], actor: str, track: Track = iter) -> int:
    """Record the receipts of a plan and send letters to their donors; return how many were new.

    Raises Invalid `import_invalid`, Conflict `import_contradicts`, and what `issue` raises when a request has
    changed meanwhile.
    """
    plan.require_sound()
    for row in track(sorted(plan.new, key=lambda row: row.request)):
        issue(tx, row.request, Issued(row.code, row.number, row.check_code, row.issued_on), actor)
    record_audit(tx, actor, "receipts.import", "receipts", added=len(plan.new))
    return len(plan.new)


def _known(tx: Tx, rows: tuple[ReceiptRow, ...]) -> _Known:
    ids, numbers = [row.request for row in rows], {row.number for row in rows}
    named = or_(col(ReceiptRequest.id).in_(ids), col(ReceiptRequest.number).in_(numbers))
    query = (
        select(ReceiptRequest, Donation.amount_minor - Donation.refunded_minor, Project.lineage)
        .join(Donation, col(Donation.id) == ReceiptRequest.donation_id)
        .join(Project, col(Project.id) == Donation.project_id)
    )
    stored = tx.all(query.where(named))
    return _Known(
        {request.id or 0: (request, kept, lineage) for request, kept, lineage in stored},
        {(request.code, request.number): request.id or 0 for request, _kept, _lineage in stored if request.number},
    )


def _same(request: ReceiptRequest, row: ReceiptRow) -> bool:
    mine = (request.code, request.number, request.check_code, request.issued_on, request.issued_minor)
    return mine == (row.code, row.number, row.check_code, row.issued_on, row.amount_minor)
