"""Write ordered files: the work of the job `exports`."""

import io
import time
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast

from app.exports.donations import donations_table
from app.exports.orders import query_of
from app.i18n.outside import speaking
from app.table_file import write_table
from app.training_marks import marked_table
from campaigns.dependencies import Dependencies
from campaigns.donations.export import count_listed
from campaigns.donations.search_plan import DonationQuery
from campaigns.exports import runs
from campaigns.exports.models import ExportRun, ExportState
from campaigns.exports.runs import Lost

PART_BYTES = 1 << 20
_REPORT_S = 0.5  # how often progress is written


def write_exports(deps: Dependencies) -> int:
    """Process all due orders and return how many. If a file fails, mark it as failed and raise the exception."""
    with deps.db.transaction() as tx:
        runs.expire(tx)
    written = 0
    while True:
        with deps.db.transaction() as tx:
            run = runs.claim(tx)
        if run is None:
            return written
        if run.state == ExportState.WRITING:
            _write(deps, run)
        written += 1


def _write(deps: Dependencies, run: ExportRun) -> None:
    """Write a file from one snapshot, in parts, so that memory use stays constant."""
    file, progress = _Parts(deps, run), _Progress(deps, run)
    query: DonationQuery = query_of(run)
    try:
        with speaking(run.language), deps.db.snapshot() as tx:
            header, rows = marked_table(*donations_table(tx, query), training=deps.training)
            counted = progress.of(rows, count_listed(tx, query))
            write_table(run.file_format, cast("IO[bytes]", file), "donations", header, counted)
        file.end()
        with deps.db.transaction() as tx:
            runs.end(tx, run, ExportState.DONE, progress.done)
    except Lost:
        return
    except Exception:
        with deps.db.transaction() as tx:
            runs.end(tx, run, ExportState.FAILED, progress.done)
        raise


class _Parts(io.RawIOBase):
    """A file that is stored part by part while it is written."""

    def __init__(self, deps: Dependencies, run: ExportRun) -> None:
        self._deps, self._run = deps, run
        self._buffer, self._number = bytearray(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._buffer += data
        while len(self._buffer) >= PART_BYTES:
            self._store(bytes(self._buffer[:PART_BYTES]))
            del self._buffer[:PART_BYTES]
        return len(data)

    def end(self) -> None:
        """Store the last part."""
        if self._buffer:
            self._store(bytes(self._buffer))
            self._buffer.clear()

    def _store(self, data: bytes) -> None:
        with self._deps.db.transaction() as tx:
            runs.add_part(tx, self._run, self._number, data)
        self._number += 1


class _Progress:
    """The progress of a file: passes rows on and records their number in separate transactions."""

    def __init__(self, deps: Dependencies, run: ExportRun) -> None:
        self._deps, self._run = deps, run
        self.done = 0

    def of(self, rows: Iterable[Any], total: int) -> Iterator[Any]:
        written_at = time.monotonic()
        self._report(total)
        for row in rows:
            yield row
            self.done += 1
            if time.monotonic() - written_at > _REPORT_S:
                written_at = time.monotonic()
                self._report(total)

    def _report(self, total: int) -> None:
        with self._deps.db.transaction() as tx:
            row = runs.mine(tx, self._run)
            row.rows_done, row.rows_total = self.done, total
            tx.add(row)
