"""Files that are written once and never changed, under names that we make: here in a folder, in a bucket of another
machine in `app/bucket.py`."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple, Protocol

_NAME = re.compile(r"[0-9a-f]{32}-[0-9]{1,5}\.webp")


class Stored(NamedTuple):
    """A file and when it was written."""

    name: str
    written_at: datetime


def is_ours(name: str) -> bool:
    """Whether a name is one that we make."""
    return _NAME.fullmatch(name) is not None


def place_of(name: str) -> str:
    """Return where a file lies in a store: the same in each, so that files can be moved from one to another.

    Raises ValueError when the name is none of ours.
    """
    if not is_ours(name):
        raise ValueError("not a name of ours")
    return f"{name[:2]}/{name}"


class FileStore(Protocol):
    """Where files are. Several processes and machines may use it at once. What is not in this process's own file
    system raises Unavailable `pictures_unavailable` when it does not answer."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all. The same name again has the same content."""

    def read(self, name: str) -> bytes | None:
        """Return what is in a file; None if there is none."""

    def delete(self, *names: str) -> None:
        """Delete files; one that is gone already is no fault."""

    def stored(self) -> Iterator[Stored]:
        """Yield all files."""

    def sweep(self, before: datetime, /) -> int:
        """Delete what a crash left half written before a time; return how many."""


class FolderStore:
    """A folder of files, which machines may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all. The same name again has the same content."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{token_hex(8)}.new")
        unfinished.write_bytes(data)
        unfinished.replace(path)

    def read(self, name: str) -> bytes | None:
        """Return what is in a file; None if there is none."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, *names: str) -> None:
        """Delete files; one that is gone already is no fault."""
        for name in names:
            self._path(name).unlink(missing_ok=True)

    def stored(self) -> Iterator[Stored]:
        """Yield all files."""
        for folder, _folders, names in os.walk(self._folder):
            for name in filter(is_ours, names):
                try:
                    written = (Path(folder) / name).stat().st_mtime
                except FileNotFoundError:
                    continue
                yield Stored(name, datetime.fromtimestamp(written, UTC))

    def sweep(self, before: datetime) -> int:
        """Delete what a crash left half written before a time; return how many."""
        unfinished = [path for path in self._folder.rglob("*.new") if path.stat().st_mtime < before.timestamp()]
        for path in unfinished:
            path.unlink(missing_ok=True)
        return len(unfinished)

    def _path(self, name: str) -> Path:
        return self._folder / place_of(name)
