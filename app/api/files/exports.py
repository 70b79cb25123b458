"""Every table of the console as a file, for API clients."""

from typing import Any

from flask import Response, request

from app.api.base import make_blueprint
from app.exports.kinds import KINDS, Kind, download
from app.http import access
from app.http.heavy_reads import heavy
from app.table_file import FORMATS

blueprint = make_blueprint(
    "exports", "Tables as files: yuan, Beijing time, heads in Chinese (`?lang=en`: English)."
)


def _offer(kind: Kind) -> None:
    @blueprint.get(f"{kind.address}{FORMATS}", endpoint=f"export_{kind.name}")
    @access.managers(kind.permission, where=kind.where)
    @heavy
    @blueprint.response(200, description=f"the table `{kind.name}` as CSV or XLSX")
    def take(file_format: str, **arguments: Any) -> Response:
        """Return a table of the caller's branch as a file. The audit trail records who downloaded it."""
        return download(kind, file_format, arguments, request.args)


for kind in KINDS:
    _offer(kind)
