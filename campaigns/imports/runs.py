"""Imports uploaded over the web: stored sealed, shown, confirmed by an operator, and executed by a job.

Small files are read at once; larger ones are read by the job, because they would block the web worker. Only the job
writes.
"""

from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import KINDS, Apart, ImportRequest, admit, here, kind_of, preview
from campaigns.imports.models import ImportFile, ImportRun, State
from campaigns.imports.report import refusal_report, report_of, token_of
from campaigns.network.owners import owners_of
from campaigns.network.roles import Caller, require
from kernel.db import Tx
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refusal, fault
from kernel.keys import Keys
from kernel.paging import Page
from kernel.text import clean_text, one_line, text_fault
from payments.bills.bill_files import is_packed

MOST_BYTES = 8 << 20  # our default: some 100,000 lines
READ_AT_ONCE_BYTES = 128 << 10  # read within a request in some tenths of a second; a packed file may hold far more
MOST_NAME = 120
MOST_REASON = 500
ABOVE_LIMIT = frozenset({"unusually_large", "unusually_old", "unusual_day", "minor_large"})
WITH_REASON = ABOVE_LIMIT | {"correction_reason"}


def upload(
    deps: Dependencies,
    caller: Caller,
    kind: str,
    data: bytes,
    file_name: str,
    partner: str = "",
    *,
    apart: Apart = here,
) -> ImportRun:
    """Store a file and return its import. A small file is read `apart` and becomes `ready` or `refused`; a larger
    one is `checking`.

    Raises Forbidden `not_permitted`, NotFound `import_kind_unknown` and `partner_unknown`, Invalid `file_missing`,
    `file_too_large`, `statement_by_api`.
    """
    if not data:
        raise Invalid("file_missing")
    if len(data) > MOST_BYTES:
        raise Invalid("file_too_large", most_bytes=MOST_BYTES)
    with deps.db.transaction() as tx:
        require_kind(caller, kind)
        request = ImportRequest(kind, Confirmation(caller.name), partner, caller.branch_code)
        partner = admit(tx, request).partner
    at_once = len(data) <= READ_AT_ONCE_BYTES and not (kind == "statement" and is_packed(data))
    report = _report(deps, request, data, apart) if at_once else None
    with deps.db.transaction() as tx:
        run = tx.add(
            ImportRun(
                kind=kind,
                partner=partner,
                branch_code=caller.branch_code,
                file_name=one_line(file_name)[:MOST_NAME] or "-",
                file_bytes=len(data),
                file_hash=sha256(data).hexdigest(),
                state=State.CHECKING,
                actor=caller.name,
                created_at=tx.now,
            )
        )
        tx.add(ImportFile(run_id=run.id or 0, sealed=_seal(deps.keys, run.id, data)))
        if report is not None:
            show(tx, run, report)
        record_audit(tx, caller.name, "import.upload", f"import:{run.id}", kind=kind, file_bytes=len(data))
    return run


def _report(deps: Dependencies, request: ImportRequest, data: bytes, apart: Apart) -> dict[str, Any]:
    try:
        return report_of(preview(deps, request, data, apart=apart))
    except Refusal as refusal:
        return refusal_report(refusal)


def show(tx: Tx, run: ImportRun, report: dict[str, Any]) -> None:
    """Store the report of a file. The import then waits for confirmation, or ends because it has faults."""
    run.report = report
    run.token = token_of(run.kind, run.partner, run.file_hash, report)
    if report["fault_count"]:
        end(tx, run, State.REFUSED)
    else:
        run.state = State.READY
        tx.add(run)


def end(tx: Tx, run: ImportRun, state: State) -> None:
    """End an import and delete its file."""
    run.state, run.ended_at = state, tx.now
    tx.add(run)
    if file := tx.get(ImportFile, run.id, lock=True):
        tx.session.delete(file)


def confirm(tx: Tx, caller: Caller, run_id: int, token: str, reason: str = "", *, large: bool = False) -> ImportRun:
    """Confirm an import as it was shown, so that the job executes it. Idempotent.

    Raises NotFound `import_unknown`, Forbidden `not_permitted`, Conflict `import_state` and `import_changed` (the
    token does not match), Invalid `import_unconfirmed` whose fields say what must be confirmed.
    """
    run = find(tx, caller, run_id, lock=True)
    if run.token != token or not token:
        raise Conflict("import_changed")
    if run.state in (State.CONFIRMED, State.DONE):
        return run
    if run.state != State.READY:
        raise Conflict("import_state")
    reason = clean_text(reason).strip()
    if faults := _unconfirmed(tx, run, caller, reason, large):
        raise Invalid("import_unconfirmed", fields=faults)
    run.state, run.confirmed_by, run.confirmed_at, run.reason = State.CONFIRMED, caller.name, tx.now, reason
    tx.add(run)
    record_audit(tx, caller.name, "import.confirm", f"import:{run.id}", entered_by=run.actor, reason=reason)
    return run


def _unconfirmed(tx: Tx, run: ImportRun, caller: Caller, reason: str, large: bool) -> dict[str, Any]:
    """Return which questions of a plan are still open: field -> fault."""
    codes = {question["code"] for question in run.report["questions"]}
    faults = {}
    if codes & WITH_REASON and not reason:
        faults["reason"] = fault("required")
    elif reason and (refused := text_fault(reason, MOST_REASON)):
        faults["reason"] = refused
    if codes & ABOVE_LIMIT and not large:
        faults["large"] = fault("large_unconfirmed")
    if "second_person" in codes and caller.owner in owners_of(tx, {run.actor}):
        faults["confirmed_by"] = fault("other_person")
    return faults


def drop(tx: Tx, caller: Caller, run_id: int) -> ImportRun:
    """End an import that was not confirmed, and delete its file. Raises Conflict `import_state`."""
    run = find(tx, caller, run_id, lock=True)
    if run.state not in (State.CHECKING, State.READY):
        raise Conflict("import_state")
    end(tx, run, State.EXPIRED)
    record_audit(tx, caller.name, "import.drop", f"import:{run.id}")
    return run


def latest_shown(tx: Tx, caller: Caller, kind: str, token: str) -> ImportRun:
    """Return the newest import of a kind with this token. Raises Conflict `import_changed`."""
    run = tx.first(
        select(ImportRun).where(ImportRun.kind == kind, ImportRun.token == token).order_by(col(ImportRun.id).desc())
    )
    if run is None:
        raise Conflict("import_changed")
    return find(tx, caller, run.id or 0)


def find(tx: Tx, caller: Caller, run_id: int, *, lock: bool = False) -> ImportRun:
    """Return an import that the caller may see: of a kind that they may import, and from their branch.

    Raises NotFound `import_unknown`, Forbidden `not_permitted`.
    """
    run = tx.get(ImportRun, run_id, lock=lock)
    if run is None or caller.branch_code not in (None, run.branch_code):
        raise NotFound("import_unknown")
    require(caller, kind_of(run.kind).permission)
    return run


def list_runs(tx: Tx, caller: Caller, page: Page) -> tuple[list[ImportRun], int]:
    """Return a page of the imports that the caller may see, newest first, and how many there are."""
    seen: list[ColumnElement[bool]] = [col(ImportRun.kind).in_(kinds_of(caller))]
    if caller.branch_code is not None:
        seen.append(col(ImportRun.branch_code) == caller.branch_code)
    count = tx.first(select(func.count()).select_from(ImportRun).where(*seen)) or 0
    newest = select(ImportRun).where(*seen).order_by(col(ImportRun.id).desc())
    return tx.all(newest.offset(page.offset).limit(page.size)), count


def kinds_of(caller: Caller) -> list[str]:
    """Return the kinds of files that the caller's role may import."""
    return [name for name in KINDS if caller.may(kind_of(name).permission)]


def require_kind(caller: Caller, kind: str) -> None:
    """Refuse a caller who may not import this kind, because their role lacks the permission or because the file
    concerns the whole network and their branch is only a part. Raises Forbidden `not_permitted`, NotFound
    `import_kind_unknown`."""
    require(caller, kind_of(kind).permission)
    if kind_of(kind).whole_network and caller.branch_code is not None:
        raise Forbidden("not_permitted")


def _seal(keys: Keys, run_id: int | None, data: bytes) -> bytes:
    return keys.wrap(data, context_of(run_id))


def context_of(run_id: int | None) -> str:
    """Return the context that a sealed file is bound to."""
    return f"import:{run_id}"


def opened(keys: Keys, file: ImportFile) -> bytes:
    """Return the unsealed file of an import. Raises ValueError when it was sealed with another key."""
    return keys.unwrap(file.sealed, context_of(file.run_id))
