"""Download of an ordered file."""

from flask import Response

from app.current import deps
from app.http import access
from app.table_file import content_type_of
from campaigns.exports import runs


def taken(export_id: int) -> Response:
    """Return a finished file as a stream, and record who downloaded it. Raises what `runs.take` raises."""
    with deps().db.transaction() as tx:
        run = runs.take(tx, access.caller(), export_id)
    response = Response(runs.content(deps().db, export_id), content_type=content_type_of(run.file_format))
    response.headers["Content-Disposition"] = f"attachment; filename=donations.{run.file_format}"
    response.content_length = run.file_bytes
    return response
