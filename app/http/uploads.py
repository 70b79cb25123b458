"""Files that people and programs hand in."""

from hashlib import sha256
from typing import NamedTuple

from flask import Request

from campaigns.imports.runs import MOST_BYTES

_ROOM = 64 << 10  # bytes of a form beside its file


class Upload(NamedTuple):
    """A file as it came, with the name that it has there; empty when there is none."""

    name: str
    data: bytes

    @property
    def file_hash(self) -> str:
        """SHA-256, as imports keep it."""
        return sha256(self.data).hexdigest()


def allow_file(request: Request, most_bytes: int = MOST_BYTES) -> None:
    """Let a request be as large as the largest file; call it before anything reads the body."""
    request.max_content_length = most_bytes + _ROOM


def uploaded_file(request: Request, most_bytes: int = MOST_BYTES) -> Upload:
    """Return the field `file` of a form, or else the body."""
    allow_file(request, most_bytes)
    if request.mimetype != "multipart/form-data":
        return Upload("", request.get_data())
    file = request.files.get("file")
    if not file:
        return Upload("", b"")
    file.stream.seek(0)  # it may have been read before
    return Upload(file.filename or "", file.read())
