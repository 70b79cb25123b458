"""A lock that allows only one `make run` per DATA_DIR."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self

from embedded.process import ServerError


class DataLock:
    """An exclusive lock on a data directory, held for a `with` block. The kernel releases it when the process dies.

    `unclean` is true when the last holder was killed, so that its children may still be exiting.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "run.lock"
        self._data_dir = data_dir
        self.unclean = False

    def __enter__(self) -> Self:
        """Take the lock. Raises ServerError with the pid of the process that holds it."""
        self._data_dir.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        holder = os.read(self._handle, 20).decode().strip()
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise ServerError(
                f"倍善已在此目录运行 / Beishan already runs on {self._data_dir} (process {holder or '?'})."
            ) from None
        self.unclean = bool(holder)
        self._write(str(os.getpid()))
        return self

    def __exit__(self, *_error: object) -> None:
        self._write("")
        os.close(self._handle)

    def _write(self, text: str) -> None:
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text.encode(), 0)
