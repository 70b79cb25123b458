"""Read zip files from outside: bounded, packed in one of the two usual ways, and with all failures of the library
known."""

import struct
import zlib
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

# Raised by the libraries for a malformed archive (`RuntimeError`: it has a password).
UNREADABLE = (zlib.error, struct.error, BadZipFile, EOFError, OSError, ValueError, RuntimeError)
_METHODS = (ZIP_STORED, ZIP_DEFLATED)  # others are slower to unpack, and need as much memory as the archive claims


class MemberTooLarge(Exception):
    """A member is larger than allowed when it is unpacked."""


def read_member(archive: ZipFile, member: str | ZipInfo, most: int) -> bytes:
    """Return a member of at most `most` bytes, whatever size the archive claims.

    Raises MemberTooLarge, KeyError if there is no such member, and what `UNREADABLE` lists.
    """
    info = archive.getinfo(member) if isinstance(member, str) else member
    if info.compress_type not in _METHODS:
        raise BadZipFile(f"compressed by method {info.compress_type}")
    with archive.open(info) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise MemberTooLarge
    return content
