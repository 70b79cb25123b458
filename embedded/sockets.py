"""Directories for unix sockets, whose paths the kernel limits to 107 bytes (unix(7))."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_LONGEST = 100


class SocketDir:
    """The preferred directory if its path is short enough, otherwise a private one under /tmp.

    `path` never changes, so that an address stays valid over `close()` and `open()`.
    """

    def __init__(self, preferred: Path, socket_name: str, account: tuple[int, int] | None = None) -> None:
        self._account = account
        self._temporary = len(os.fsencode(preferred.absolute() / socket_name)) > _LONGEST
        self.path = (
            Path(tempfile.mkdtemp(prefix="beishan-", dir="/tmp")) if self._temporary else preferred.absolute()
        )

    def open(self) -> None:
        """Create the temporary directory, for its owner only. The preferred directory must exist already."""
        if not self._temporary:
            return
        self.path.mkdir(mode=0o700, exist_ok=True)
        if self._account:
            os.chown(self.path, *self._account)

    def close(self) -> None:
        """Remove the directory if it is a temporary one."""
        if self._temporary:
            shutil.rmtree(self.path, ignore_errors=True)
