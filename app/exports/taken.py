"""Download of an ordered file."""

from functools import partial

from flask import Response, stream_with_context

from app.current import deps
from app.http import access, auth
from app.table_file import content_type_of
from campaigns.exports import runs


def taken(export_id: int) -> Response:
    """Return a finished file as a stream, and record who downloaded it. The stream breaks off when the caller's
    token or session ends, or gives other rights. Raises what `runs.take` raises."""
    caller = access.caller()
    with deps().db.transaction() as tx:
        run = runs.take(tx, caller, export_id)
    parts = stream_with_context(runs.content(deps().db, export_id, partial(auth.has_still, caller=caller)))
    response = Response(parts, content_type=content_type_of(run.file_format))
    response.headers["Content-Disposition"] = f"attachment; filename=donations.{run.file_format}"
    response.content_length = run.file_bytes
    return response
