"""PURE. The text of a file that people or platforms wrote: CSV in any of the encodings in use, or a workbook."""

import re

from kernel.errors import Invalid, fault
from kernel.workbook import UnreadableWorkbook, is_workbook, read_workbook

# How files begin that programs show as tables and that are none: workbooks (zipped, or of the nineties), and what
# some platforms call a workbook: a page, or the XML of Excel 2003.
_WORKBOOK = re.compile(
    rb"\xd0\xcf\x11\xe0"
    rb"|(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|table|meta|\?xml[^>]*>[^>]*mso-application)",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(rb"%PDF|\x89PNG|\xff\xd8\xff|GIF8|Rar!|7z\xbc\xaf|\x1f\x8b|(?:\xef\xbb\xbf)?\s*<\?xml")
_NO_TEXT = re.compile("[\x00\ufffd]")


def decode(data: bytes) -> tuple[str, str]:
    """Return the text of a file and the name of its encoding: a workbook as CSV, UTF-8 or UTF-16 with a mark,
    UTF-8, or GB18030 (of which GBK and GB2312 are parts).

    Raises Invalid `import_invalid` when it is none of these, or no text at all, with the first line that the best
    of them cannot read.
    """
    if is_workbook(data):
        try:
            return read_workbook(data), "xlsx"
        except UnreadableWorkbook as error:
            raise Invalid("import_invalid", fields={"file": fault("workbook")}) from error
    for form, why in ((_WORKBOOK, fault("workbook")), (_DOCUMENT, fault("not_a_table"))):
        if form.match(data):
            raise Invalid("import_invalid", fields={"file": why})
    marked = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    known = next((encoding for mark, encoding in marked.items() if data.startswith(mark)), None)
    encodings = (known,) if known else ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, encoding
    line = max(_unreadable_line(data.decode(encoding, "replace")) for encoding in encodings)
    raise Invalid("import_invalid", fields={f"line {line}": fault("unreadable_encoding")})


def _unreadable_line(text: str) -> int:
    """Return the number of the first line that holds what is no text."""
    offence = _NO_TEXT.search(text)
    return text.count("\n", 0, offence.start() if offence else len(text)) + 1
