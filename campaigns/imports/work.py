"""Process imports: read files that are too large for a request, and import confirmed ones.

One transaction plans again and writes all rows or none. It holds the lock of the file until its end, so that a
second scheduler skips the import, and a killed scheduler leaves it to the next one. Progress is written in separate
transactions.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import col, select, update

from campaigns.dependencies import Dependencies
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import ImportRequest, kind_of
from campaigns.imports.models import ImportFile, ImportRun, State
from campaigns.imports.report import refusal_report, report_of, token_of
from campaigns.imports.runs import end, opened, show
from kernel.db import Tx
from kernel.errors import Conflict, Refusal
from kernel.failures import failure_of

KEPT_FOR = timedelta(hours=24)  # how long a file waits for confirmation
_REPORT_S = 0.5  # how often progress is written
_DUE = (State.CHECKING, State.CONFIRMED)


def work_off(deps: Dependencies) -> int:
    """Process all due imports, and return how many there were.

    Raises errors that are neither a refusal of the file nor database failures, after ending the import as failed.
    """
    expire_unconfirmed(deps)
    with deps.db.transaction() as tx:
        due = tx.all(
            select(ImportRun.id, ImportRun.state).where(col(ImportRun.state).in_(_DUE)).order_by(col(ImportRun.id))
        )
    return sum(_work_off(deps, run_id, State(state)) for run_id, state in due if run_id is not None)


def expire_unconfirmed(deps: Dependencies) -> None:
    """End imports not confirmed within `KEPT_FOR`, because a file with personal data must not stay."""
    with deps.db.transaction() as tx:
        old = select(ImportRun).where(
            col(ImportRun.state) == State.READY, col(ImportRun.created_at) < tx.now - KEPT_FOR
        )
        for run in tx.all(old.with_for_update(skip_locked=True)):
            end(tx, run, State.EXPIRED)


def _work_off(deps: Dependencies, run_id: int, state: State) -> int:
    """Process one import unless another process has it, and return how many were processed."""
    try:
        with deps.db.transaction() as tx:
            run, file = tx.get(ImportRun, run_id), tx.get(ImportFile, run_id)
        if run is None or file is None:
            return 0
        # Read outside a transaction, because reading may exceed the time that a transaction may be idle.
        request = _request(run)
        rows = kind_of(run.kind).read(request, opened(deps.keys, file), _Progress(deps, run_id, "read"))
        with deps.db.transaction() as tx:
            if not _claimed(tx, run_id):
                return 0
            if state == State.CHECKING:
                report = report_of(kind_of(run.kind).plan(tx, deps, request, rows))
                show(tx, _locked(tx, run_id, state), report)
            else:
                _import(tx, deps, request, rows, run)
    except Refusal as refusal:
        _end(deps, run_id, state, refusal)
    except (OperationalError, InterfaceError):
        raise  # the next tick tries again
    except Exception as error:
        _end(deps, run_id, state, error)
        raise
    return 1


def _claimed(tx: Tx, run_id: int) -> bool:
    """Return whether this transaction got the lock of an import's file."""
    file = select(ImportFile.run_id).where(ImportFile.run_id == run_id)
    return tx.first(file.with_for_update(skip_locked=True)) is not None


def _import(tx: Tx, deps: Dependencies, request: ImportRequest, rows: Any, run: ImportRun) -> None:
    """Import a confirmed file. Raises Conflict `import_changed` when the import would no longer do what was shown,
    because of other imports or changes since."""
    kind, run_id = kind_of(run.kind), run.id or 0
    kind.lock(tx, deps)
    plan = kind.plan(tx, deps, request, rows)
    if token_of(run.kind, run.partner, run.file_hash, report_of(plan)) != run.token:
        raise Conflict("import_changed")
    added = kind.write(tx, deps, request, plan, _Progress(deps, run_id, "write"))
    locked = _locked(tx, run_id, State.CONFIRMED)
    locked.added = added
    end(tx, locked, State.DONE)


def _locked(tx: Tx, run_id: int, state: State) -> ImportRun:
    """Return the import, locked. Raises Conflict `import_state` when its state has changed meanwhile."""
    run = tx.get(ImportRun, run_id, lock=True)
    if run is None or run.state != state:
        raise Conflict("import_state")
    return run


def _request(run: ImportRun) -> ImportRequest:
    """Return the request of an import, with all questions answered once it is confirmed."""
    confirmed = run.state == State.CONFIRMED
    confirmation = Confirmation(run.actor, run.confirmed_by, run.reason, large=confirmed)
    return ImportRequest(run.kind, confirmation, run.partner, run.branch_code)


def _end(deps: Dependencies, run_id: int, state: State, error: Exception) -> None:
    """Record why an import ended, unless another process changed its state."""
    with deps.db.transaction() as tx:
        run = tx.get(ImportRun, run_id, lock=True)
        if run is None or run.state != state:
            return
        if not isinstance(error, Refusal):
            run.report = {**run.report, "failure": failure_of(error).kind}
            end(tx, run, State.FAILED)
        elif error.code == "import_changed":
            end(tx, run, State.CHANGED)
        else:
            run.report = {**run.report, **refusal_report(error)}
            end(tx, run, State.REFUSED)


class _Progress:
    """Passes rows through and writes how many were passed, in separate transactions."""

    def __init__(self, deps: Dependencies, run_id: int, step: str) -> None:
        self.deps, self.run_id, self.step = deps, run_id, step

    def __call__(self, rows: Sequence[Any]) -> Iterator[Any]:
        written_at = time.monotonic()
        self._write(0, len(rows))
        for number, row in enumerate(rows, 1):
            yield row
            if time.monotonic() - written_at > _REPORT_S:
                written_at = time.monotonic()
                self._write(number, len(rows))
        self._write(len(rows), len(rows))

    def _write(self, done: int, total: int) -> None:
        values = {"step": self.step, "lines_done": done, "lines_total": total}
        with self.deps.db.transaction() as tx:
            tx.session.execute(update(ImportRun).where(col(ImportRun.id) == self.run_id).values(**values))
