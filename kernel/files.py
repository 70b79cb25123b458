"""Files that are written once and never changed, under names that we generate. Here in a folder; `app/bucket.py`
stores them in a bucket on another machine."""

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
    """Return whether a name is one that we generate."""
    return _NAME.fullmatch(name) is not None


def place_of(name: str) -> str:
    """Return the path of a file within a store. It is the same in every store, so that files can be moved between
    them.

    Raises ValueError when the name is not one of ours.
    """
    if not is_ours(name):
        raise ValueError("not a name of ours")
    return f"{name[:2]}/{name}"


class FileStore(Protocol):
    """A store of files, which several processes and machines may use at once.

    A store outside this process's own file system raises Unavailable `pictures_unavailable` when it does not
    answer.
    """

    def write(self, name: str, data: bytes) -> None:
        """Write a file completely or not at all. A repeated name always has the same content."""

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if it does not exist."""

    def delete(self, *names: str) -> None:
        """Delete files. A file that is gone already is not an error."""

    def stored(self) -> Iterator[Stored]:
        """Yield all files."""

    def sweep(self, before: datetime, /) -> int:
        """Delete files that a crash left half written before a time; return how many."""


class FolderStore:
    """A folder of files, which several machines may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, data: bytes) -> None:
        """Write a file completely or not at all. A repeated name always has the same content."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f"{token_hex(8)}.new")
        unfinished.write_bytes(data)
        unfinished.replace(path)

    def read(self, name: str) -> bytes | None:
        """Return the content of a file; None if it does not exist."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def delete(self, *names: str) -> None:
        """Delete files. A file that is gone already is not an error."""
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
        """Delete files that a crash left half written before a time; return how many."""
        unfinished = [path for path in self._folder.rglob("*.new") if path.stat().st_mtime < before.timestamp()]
        for path in unfinished:
            path.unlink(missing_ok=True)
        return len(unfinished)

    def _path(self, name: str) -> Path:
        return self._folder / place_of(name)
