"""PURE. Unpack the files in which platforms deliver their bills: a CSV, a gzipped CSV (WeChat Pay), or a zip with
one CSV of lines and one of their totals (Alipay)."""

import zlib
from io import BytesIO
from typing import NamedTuple
from zipfile import ZipFile, ZipInfo

from kernel.errors import Invalid, fault
from kernel.zip_files import UNREADABLE, MemberTooLarge, read_member

MOST_UNPACKED = 64 << 20  # bytes
MOST_MEMBERS = 20
_GZIP, _ZIP, _WORKBOOK = b"\x1f\x8b", b"PK\x03\x04", b"[Content_Types].xml"
_MEMBER = b"PK\x01\x02"  # precedes each name in the archive's directory
_SUMMARY = "汇总"  # in the name of a totals file
_UTF8_NAME = 0x800  # flags a name in UTF-8; other names are in the platform's encoding, GB18030


class BillFile(NamedTuple):
    """The table of lines and, if the platform sends one, the table of their totals."""

    lines: bytes | str
    summary: bytes | None = None


def is_packed(data: bytes) -> bool:
    """Return whether a file is packed. A workbook is a zip as well, but does not count as packed."""
    return data.startswith(_GZIP) or (data.startswith(_ZIP) and _WORKBOOK not in data[:4096] + data[-65_536:])


def unpack(data: bytes | str) -> BillFile:
    """Return the tables in a file. A file that is not packed is returned unchanged.

    Raises Invalid `import_invalid` if the file cannot be unpacked, is too large when unpacked, or does not hold
    exactly one table of lines.
    """
    if isinstance(data, str) or not is_packed(data):
        return BillFile(data)
    try:
        return BillFile(_gunzip(data)) if data.startswith(_GZIP) else _unzip(data)
    except MemberTooLarge as error:
        raise _too_large() from error
    except UNREADABLE as error:
        raise Invalid("import_invalid", fields={"file": fault("not_unpacked")}) from error


def _gunzip(data: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    plain = reader.decompress(data, MOST_UNPACKED + 1)
    if len(plain) > MOST_UNPACKED:
        raise _too_large()
    if not reader.eof or reader.unused_data:
        raise EOFError
    return plain


def _unzip(data: bytes) -> BillFile:
    if data.count(_MEMBER) > MOST_MEMBERS:  # before a directory of thousands is read
        raise Invalid("import_invalid", fields={"file": fault("not_one_table", names=[])})
    with ZipFile(BytesIO(data)) as archive:
        tables = {name: member for member in archive.infolist() if (name := _name(member)).endswith(".csv")}
        details = [member for name, member in tables.items() if _SUMMARY not in name]
        summaries = [member for name, member in tables.items() if _SUMMARY in name]
        if len(details) != 1 or len(summaries) > 1:
            raise Invalid("import_invalid", fields={"file": fault("not_one_table", names=sorted(tables)[:5])})
        texts = [read_member(archive, member, MOST_UNPACKED) for member in (*details, *summaries)]
    return BillFile(*texts)


def _name(member: ZipInfo) -> str:
    name = member.filename
    return (name if member.flag_bits & _UTF8_NAME else name.encode("cp437").decode("gb18030")).lower()


def _too_large() -> Invalid:
    return Invalid("import_invalid", fields={"file": fault("unpacked_too_large", most_bytes=MOST_UNPACKED)})
