"""Write the files that people ordered: what the job `exports` does."""

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
    """Write all files that are due, and return how many. What fails ends visibly; its fault is raised."""
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
    """Write one file from a snapshot of one moment, in parts; memory stays flat."""
    file, progress = _Parts(deps, run), _Progress(deps, run)
    query: DonationQuery = query_of(run)
    try:
        with speaking(run.language), deps.db.snapshot() as tx:
            header, rows = marked_table(*donations_table(tx, query), training=deps.training)
            write_table(
                run.file_format, cast("IO[bytes]", file), header, progress.of(rows, count_listed(tx, query))
            )
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
        """Store what is left."""
        if self._buffer:
            self._store(bytes(self._buffer))
            self._buffer.clear()

    def _store(self, data: bytes) -> None:
        with self._deps.db.transaction() as tx:
            runs.add_part(tx, self._run, self._number, data)
        self._number += 1


class _Progress:
    """Passes rows on and writes how many were passed, in transactions of its own."""

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
