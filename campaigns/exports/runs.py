"""Order, follow and download a file, and the steps of the job that writes it."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from zlib import compress, decompress

from sqlmodel import and_, col, delete, or_, select

from campaigns.audit import record_audit
from campaigns.exports.models import FORMATS, UNDER_WAY, ExportPart, ExportRun, ExportState
from campaigns.network.roles import Caller
from kernel.db import Database, Tx
from kernel.errors import Conflict, Invalid, NotFound, fault
from kernel.ids import fingerprint

MOST_UNDER_WAY = 3  # per account; our default
MOST_SHOWN = 20
KEPT_FOR = timedelta(hours=24)
SILENT_FOR = timedelta(seconds=60)  # then its writer is gone, and another process starts again
MOST_TRIES = 3


class Order(NamedTuple):
    """An order: the filters of the list of donations, and the format and language of the file."""

    filters: dict[str, Any]
    file_format: str
    language: str


def order(tx: Tx, caller: Caller, wanted: Order) -> ExportRun:
    """Order a file. If the caller's same order is under way, return that run.

    Raises Invalid `export_invalid`, Conflict `export_limit`.
    """
    if wanted.file_format not in FORMATS:
        raise Invalid("export_invalid", fields={"format": fault("not_one_of", options=FORMATS)})
    order_hash = fingerprint([caller.owner, caller.branch_code, *wanted])
    tx.lock_name(f"export:{caller.owner}")
    own = select(ExportRun).where(ExportRun.owner == caller.owner, col(ExportRun.state).in_(UNDER_WAY))
    under_way = tx.all(own)
    for run in under_way:
        if run.order_hash == order_hash:
            return run
    if len(under_way) >= MOST_UNDER_WAY:
        raise Conflict("export_limit", most=MOST_UNDER_WAY)
    run = tx.add(
        ExportRun(
            owner=caller.owner,
            actor=caller.name,
            branch_code=caller.branch_code,
            **wanted._asdict(),
            order_hash=order_hash,
            state=ExportState.WAITING,
            ordered_at=tx.now,
        )
    )
    record_audit(tx, caller.name, "export.order", "donations", export=run.id)
    return run


def find(tx: Tx, caller: Caller, run_id: int) -> ExportRun:
    """Return a file that the caller ordered. Raises NotFound `export_unknown`, also for other callers' files, and
    for one beyond the caller's branch: theirs has changed since, or they are a token with less than its owner."""
    run = tx.get(ExportRun, run_id)
    if run is None or run.owner != caller.owner or caller.branch_code not in (None, run.branch_code):
        raise NotFound("export_unknown")
    return run


def ordered_by(tx: Tx, caller: Caller) -> list[ExportRun]:
    """Return the caller's latest orders, newest first."""
    own = select(ExportRun).where(ExportRun.owner == caller.owner)
    if caller.branch_code is not None:
        own = own.where(ExportRun.branch_code == caller.branch_code)
    return tx.all(own.order_by(col(ExportRun.id).desc()).limit(MOST_SHOWN))


def take(tx: Tx, caller: Caller, run_id: int) -> ExportRun:
    """Return a file that is ready for download, and record the download. Raises as `find`, Conflict
    `export_not_there`."""
    run = find(tx, caller, run_id)
    if run.state != ExportState.DONE:
        raise Conflict("export_not_there", state=run.state)
    record_audit(tx, caller.name, "export.donations", "donations", export=run.id)
    return run


def content(db: Database, run_id: int, allowed: Callable[[Tx], bool]) -> Iterator[bytes]:
    """Yield a file part by part, as long as the reader is `allowed` to. Each part is read in its own transaction,
    so that a slow reader blocks nothing."""
    number = 0
    while True:
        with db.transaction() as tx:
            part = tx.get(ExportPart, (run_id, number)) if allowed(tx) else None
        if part is None:
            return
        yield decompress(part.content)
        number += 1


def claim(tx: Tx) -> ExportRun | None:
    """Claim the oldest file that waits or whose writer is gone. After `MOST_TRIES` attempts it is returned as
    failed."""
    left = and_(col(ExportRun.state) == ExportState.WRITING, col(ExportRun.seen_at) < tx.now - SILENT_FOR)
    due = select(ExportRun).where(or_(col(ExportRun.state) == ExportState.WAITING, left))
    run = tx.first(due.order_by(col(ExportRun.id)).with_for_update(skip_locked=True))
    if run is None:
        return None
    _delete_parts(tx, [run.id])
    run.tries += 1
    run.rows_done, run.file_bytes, run.seen_at = 0, 0, tx.now
    run.state = ExportState.WRITING if run.tries <= MOST_TRIES else ExportState.FAILED
    run.ended_at = None if run.tries <= MOST_TRIES else tx.now
    return tx.add(run)


class Lost(Exception):
    """Another process is writing this file now."""


def mine(tx: Tx, run: ExportRun) -> ExportRun:
    """Lock and return the row of a file that this process writes, and update its `seen_at`. Raises Lost."""
    row = tx.get(ExportRun, run.id, lock=True)
    if row is None or row.state != ExportState.WRITING or row.tries != run.tries:
        raise Lost
    row.seen_at = tx.now
    return tx.add(row)


def add_part(tx: Tx, run: ExportRun, number: int, data: bytes) -> None:
    """Store a part of a file that this process writes. Raises Lost."""
    mine(tx, run).file_bytes += len(data)
    tx.add(ExportPart(run_id=run.id or 0, number=number, content=compress(data, 1)))


def end(tx: Tx, run: ExportRun, state: ExportState, rows: int) -> None:
    """End a file that this process writes. Raises Lost."""
    row = mine(tx, run)
    row.state, row.rows_done, row.ended_at = state, rows, tx.now
    if state == ExportState.DONE:
        row.rows_total = rows
    else:
        _delete_parts(tx, [run.id])
    tx.add(row)


def expire(tx: Tx) -> int:
    """Delete the content of files older than `KEPT_FOR`; return how many files."""
    old = select(ExportRun).where(
        col(ExportRun.state) == ExportState.DONE, col(ExportRun.ended_at) < tx.now - KEPT_FOR
    )
    rows = tx.all(old.with_for_update(skip_locked=True))
    _delete_parts(tx, [row.id for row in rows])
    for row in rows:
        row.state = ExportState.EXPIRED
    tx.add_all(rows)
    return len(rows)


def _delete_parts(tx: Tx, run_ids: Sequence[int | None]) -> None:
    tx.session.exec(delete(ExportPart).where(col(ExportPart.run_id).in_(run_ids)))
