"""Exports of every list of the console."""

from typing import Any

from flask import Response, request

from app.console.blueprint import blueprint
from app.exports.kinds import KINDS, Kind, download
from app.http import access
from app.http.heavy_reads import heavy
from app.table_file import FORMATS


def _offer(kind: Kind) -> None:
    @blueprint.get(f"{kind.address.replace('<id:', '<int:')}{FORMATS}", endpoint=f"export_{kind.name}")
    @access.signed_in(kind.permission, where=kind.where)
    @heavy
    def take(file_format: str, **arguments: Any) -> Response:
        return download(kind, file_format, arguments, request.args)


for kind in KINDS:
    _offer(kind)
