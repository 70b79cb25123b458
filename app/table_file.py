"""Exported tables, as CSV or as a workbook.

The address of a table ends in `FORMATS`: `@blueprint.get(f"/donations{FORMATS}")`; its view gets `file_format`.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO, Any

from flask import Response, send_file

from app import csv_file, xlsx_file
from app.current import settings
from app.training_marks import marked_file, marked_table

FORMATS = ".<any(xlsx, csv):file_format>"
_TURN_ROWS = 100  # takes a few milliseconds
_CONTENT_TYPES = {"csv": csv_file.CONTENT_TYPE, "xlsx": xlsx_file.CONTENT_TYPE}


def table_response(file_format: str, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a table of any length as a download. `app/table_cells.py` lists the cell values. Raises what `rows`
    raises.

    It is written to disk first, so that a slow reader occupies neither memory nor a transaction that `rows` reads
    from, and the browser knows the length.
    """
    name, content_type = marked_file(name), content_type_of(file_format)
    file = TemporaryFile()  # noqa: SIM115 (the response closes it)
    try:
        marked = marked_table(header, _by_turns(rows), training=settings().training)
        write_table(file_format, file, name, *marked)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return send_file(
        file,
        mimetype=content_type,
        as_attachment=True,
        download_name=f"{name}.{file_format}",
        max_age=0,
    )


def _by_turns(rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Yield the rows; let other requests of this thread run after every few of them."""
    for number, row in enumerate(rows):
        if number % _TURN_ROWS == 0:
            time.sleep(0)
        yield row


def write_table(
    file_format: str, file: IO[bytes], name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write a table of any length into an open file. A workbook's sheet is called `name`. Raises what `rows`
    raises."""
    if file_format == "xlsx":
        xlsx_file.write_xlsx(file, header, rows, name)
    else:
        csv_file.write_csv_file(file, header, rows)


def content_type_of(file_format: str) -> str:
    """Return the media type of a format."""
    return _CONTENT_TYPES[file_format]
