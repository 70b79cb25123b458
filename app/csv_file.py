"""The only writer of CSV files that leave the system: UTF-8 with the mark that spreadsheets want, and no text in it
that a spreadsheet would run as a formula."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from tempfile import TemporaryFile
from typing import Any

from flask import Response, send_file

CONTENT_TYPE = "text/csv; charset=utf-8"
_MARK = "\ufeff"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
# What begins a formula, also behind spaces and characters that nobody sees, and as signs of full width (OWASP: CSV
# injection). Tab and line feed count by themselves: some programs cut the cell there.
_FORMULA = re.compile(
    r"[\t\r\n]|[\s\u200b-\u200f\u2060\ufeff]*[=+\-@|%\uff1d\uff0b\uff0d\uff20\u2212\ufe63\ufe62\ufe66\ufe6b]"
)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table as the text of a file, with its mark."""
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(_MARK)
    writer.writerow([safe_cell(title) for title in header])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    return text.getvalue()


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a table as a download named `name`.csv; `name` is of letters that a header can hold."""
    disposition = f"attachment; filename={name}.csv"
    return Response(
        write_csv(header, rows), content_type=CONTENT_TYPE, headers={"Content-Disposition": disposition}
    )


def long_csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a table of any length as a download. Raises what `rows` raises.

    It is written to disk first: neither memory nor a transaction that `rows` reads from waits for a slow reader.
    """
    file = TemporaryFile()  # noqa: SIM115 (the response closes it)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    text.write(_MARK)
    writer = csv.writer(text)
    writer.writerow([safe_cell(title) for title in header])
    writer.writerows([safe_cell(value) for value in row] for row in rows)
    text.detach()
    file.seek(0)
    return send_file(file, mimetype=CONTENT_TYPE, as_attachment=True, download_name=f"{name}.csv")


def safe_cell(value: Any) -> Any:
    """Return a value as it may stand in a cell: text that a spreadsheet could run begins with an apostrophe."""
    if not isinstance(value, str) or _NUMBER.fullmatch(value) or not _FORMULA.match(value):
        return value
    return f"'{value}"
