"""Download of an ordered file."""

from flask import Response, stream_with_context

from app.current import deps
from app.http import access, auth
from app.table_file import content_type_of
from campaigns import rights
from campaigns.exports import runs
from kernel.db import Tx


def taken(export_id: int) -> Response:
    """Return a finished file as a stream, and record who downloaded it. The stream breaks off when the caller's
    token or session ends, or gives other rights. Raises what `runs.take` raises."""
    caller = access.caller()

    def still_allowed(tx: Tx) -> bool:
        current = auth.optional_manager(tx)
        return current is not None and rights.widened(tx, current) == caller

    with deps().db.transaction() as tx:
        run = runs.take(tx, caller, export_id)
    parts = stream_with_context(runs.content(deps().db, export_id, still_allowed))
    response = Response(parts, content_type=content_type_of(run.file_format))
    response.headers["Content-Disposition"] = f"attachment; filename=donations.{run.file_format}"
    response.content_length = run.file_bytes
    return response
