"""Files uploaded by people and programs."""

from hashlib import sha256
from typing import NamedTuple

from flask import Request
from werkzeug.datastructures import FileStorage

from campaigns.imports.runs import MOST_BYTES
from kernel.errors import Invalid

_ROOM = 64 << 10  # bytes for the other fields of a form


class Upload(NamedTuple):
    """An uploaded file with the name given by the sender; both empty if there is none."""

    name: str
    data: bytes

    @property
    def file_hash(self) -> str:
        """The SHA-256 of the file, as imports store it."""
        return sha256(self.data).hexdigest()


def allow_file(request: Request, most_bytes: int = MOST_BYTES) -> None:
    """Raise the request's size limit to the largest file; call it before anything reads the body."""
    request.max_content_length = most_bytes + _ROOM


def sent_files(request: Request) -> list[FileStorage]:
    """Return the files of a form, whatever their fields are called. A field left empty has none."""
    return [file for _name, file in request.files.items(multi=True) if file.filename]


def uploaded_file(request: Request, most_bytes: int = MOST_BYTES) -> Upload:
    """Return the form's field `file`, or the body if the request is not a form.

    Raises Invalid `too_many_files`: of two files, nobody could tell which one was read.
    """
    allow_file(request, most_bytes)
    if request.mimetype != "multipart/form-data":
        return Upload("", request.get_data())
    if len(sent_files(request)) > 1:
        raise Invalid("too_many_files")
    file = next((file for file in request.files.getlist("file") if file.filename), None)
    if file is None:
        return Upload("", b"")
    file.stream.seek(0)  # it may have been read before
    return Upload(file.filename or "", file.read())
