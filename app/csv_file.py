"""The only writer of CSV files that leave the system: UTF-8 with the mark that spreadsheets want, and no text in it
that a spreadsheet would run as a formula."""

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
    """Return a table as the text of a file, with its mark."""
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
    """Return a short table as a download named `name`.csv; `name` is of letters that a header can hold."""
    disposition = f"attachment; filename={marked_file(name)}.csv"
    table = marked_table(header, rows, training=settings().training)
    return Response(write_csv(*table), content_type=CONTENT_TYPE, headers={"Content-Disposition": disposition})


def safe_cell(value: Any) -> Any:
    """Return a value as it may stand in a cell: text that a spreadsheet could run begins with an apostrophe."""
    return f"'{value}" if runs_as_formula(value) else value


def _write(text: IO[str], header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    text.write(_MARK)
    writer = csv.writer(text)
    writer.writerow([safe_cell(title) for title in header])
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: Any) -> Any:
    return when(value) if isinstance(value, datetime) else safe_cell(value)
