"""PURE. Unpack the files in which platforms hand out their bills: a CSV, gzip of a CSV (WeChat Pay), or a zip of a
CSV with the lines and one with their totals (Alipay)."""

import struct
import zlib
from io import BytesIO
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from kernel.errors import Invalid, fault

MOST_UNPACKED = 64 << 20  # bytes
MOST_MEMBERS = 20
_GZIP, _ZIP, _WORKBOOK = b"\x1f\x8b", b"PK\x03\x04", b"[Content_Types].xml"
_MEMBER = b"PK\x01\x02"  # before each name in the list of members
_METHODS = (ZIP_STORED, ZIP_DEFLATED)  # others unpack more slowly, and ask for as much memory as they say
# What the libraries raise for a file that is not as it should be (`RuntimeError`: a password).
_UNREADABLE = (zlib.error, struct.error, BadZipFile, EOFError, OSError, ValueError, RuntimeError)
_SUMMARY = "汇总"  # in the name of a file of totals
_UTF8_NAME = 0x800  # the flag of a name in UTF-8; otherwise it is in that of the platform, which is GB18030


class BillFile(NamedTuple):
    """The table of lines, and the table of their totals where the platform sends one."""

    lines: bytes | str
    summary: bytes | None = None


def is_packed(data: bytes) -> bool:
    """Whether a file is packed; a workbook, which is a zip as well, is not."""
    return data.startswith(_GZIP) or (data.startswith(_ZIP) and _WORKBOOK not in data[:4096] + data[-65_536:])


def unpack(data: bytes | str) -> BillFile:
    """Return the tables in a file; what is not packed is returned as it is.

    Raises Invalid `import_invalid` for what cannot be unpacked, is too large then, or holds no single table.
    """
    if isinstance(data, str) or not is_packed(data):
        return BillFile(data)
    try:
        return BillFile(_gunzip(data)) if data.startswith(_GZIP) else _unzip(data)
    except _UNREADABLE as error:
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
    if data.count(_MEMBER) > MOST_MEMBERS:  # before a list of thousands is read
        raise Invalid("import_invalid", fields={"file": fault("not_one_table", names=[])})
    with ZipFile(BytesIO(data)) as archive:
        tables = {name: member for member in archive.infolist() if (name := _name(member)).endswith(".csv")}
        details = [member for name, member in tables.items() if _SUMMARY not in name]
        summaries = [member for name, member in tables.items() if _SUMMARY in name]
        if len(details) != 1 or len(summaries) > 1:
            raise Invalid("import_invalid", fields={"file": fault("not_one_table", names=sorted(tables)[:5])})
        texts = [_member(archive, member) for member in (*details, *summaries)]
    return BillFile(*texts)


def _name(member: ZipInfo) -> str:
    name = member.filename
    return (name if member.flag_bits & _UTF8_NAME else name.encode("cp437").decode("gb18030")).lower()


def _member(archive: ZipFile, member: ZipInfo) -> bytes:
    if member.compress_type not in _METHODS:
        raise BadZipFile(f"compressed by method {member.compress_type}")
    with archive.open(member) as file:
        plain = file.read(MOST_UNPACKED + 1)  # not by the size that the archive claims
    if len(plain) > MOST_UNPACKED:
        raise _too_large()
    return plain


def _too_large() -> Invalid:
    return Invalid("import_invalid", fields={"file": fault("unpacked_too_large", most_bytes=MOST_UNPACKED)})
