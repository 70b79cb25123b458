"""The only writer of CSV files that leave the system.

They are UTF-8 with the byte order mark that spreadsheets need, and contain no text that a spreadsheet would run as
a formula.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import IO, Any

from flask import Response

from app.current import settings
from app.i18n.locale import when
from app.table_cells import runs_as_formula
from app.training_marks import marked_file, marked_table

CONTENT_TYPE = "text/csv; charset=utf-8"
_MARK = "\ufeff"


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as the text of a CSV file, with the byte order mark."""
    text = io.StringIO(newline="")
    _write(text, header, rows)
    return text.getvalue()


def write_csv_file(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table of any length. Raises what `rows` raises."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    try:
        _write(text, header, rows)
    finally:
        text.detach()


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a short table as a download `name`.csv. `name` must be valid in a header without quoting."""
    disposition = f"attachment; filename={marked_file(name)}.csv"
    table = marked_table(header, rows, training=settings().training)
    return Response(write_csv(*table), content_type=CONTENT_TYPE, headers={"Content-Disposition": disposition})


def safe_cell(value: Any) -> Any:
    """Return a value for a cell. A text that a spreadsheet could run gets an apostrophe in front."""
    return f"'{value}" if runs_as_formula(value) else value


def _write(text: IO[str], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    text.write(_MARK)
    writer = csv.writer(text)
    writer.writerow([safe_cell(title) for title in header])
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> Any:
    return when(value) if isinstance(value, datetime) else safe_cell(value)
