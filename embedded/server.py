"""The common part of the embedded PostgreSQL and Redis: one child on one unix socket in one directory."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Self

from embedded.process import Child, ServerError
from embedded.sockets import SocketDir

Settings = Mapping[str, str]


class Server(ABC):
    """A server and its directory. As a context manager it stops the server at the end.

    `kill()` acts like a power cut. `url` stays the same over `stop()`, `kill()` and `restart()`.
    """

    socket_name: ClassVar[str]
    defaults: ClassVar[Settings]
    ready_seconds: ClassVar[float]
    account: tuple[int, int] | None = None

    def __init__(self, data_dir: Path, settings: Settings | None = None, log: Path | None = None) -> None:
        self.data_dir = data_dir.absolute()
        self.log = log or self.data_dir.with_name(f"{self.data_dir.name}.log")
        self.settings = {**self.defaults, **(settings or {})}
        self.sockets = SocketDir(self.data_dir, self.socket_name, self.account)
        self._child: Child | None = None

    @classmethod
    def start(cls, data_dir: Path, settings: Settings | None = None, log: Path | None = None) -> Self:
        """Start a server on `data_dir` (created if missing) and wait until it responds.

        `settings` override the server's parameters. Raises ServerError with the end of the log when the server
        dies.
        """
        server = cls(data_dir, settings, log)
        try:
            server.restart()
        except BaseException:
            server.stop()
            raise
        return server

    def restart(self) -> None:
        """Stop the server if it runs, and start it again at the same address. Raises ServerError as `start`
        does."""
        self.stop()
        self.prepare()
        self.sockets.open()
        self._child = self.child().start()
        try:
            self._wait_ready(self._child)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server in order. Does nothing if it is dead."""
        if self._child:
            self._child.stop()
        self.sockets.close()

    def kill(self) -> None:
        """Send SIGKILL to the server and all its processes."""
        if self._child:
            self._child.kill()

    @property
    def alive(self) -> bool:
        """Whether the server process runs."""
        return self._child is not None and self._child.alive

    @property
    def pid(self) -> int | None:
        """The process id of the server, None before the first start."""
        return self._child.pid if self._child else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for clients."""

    @abstractmethod
    def prepare(self) -> None:
        """Prepare the directory for `child()`."""

    @abstractmethod
    def child(self) -> Child:
        """Return the command, not started."""

    @abstractmethod
    def refusal(self) -> str | None:
        """Return None if the server is ready for clients, otherwise why it is not."""

    def _wait_ready(self, child: Child) -> None:
        deadline = time.monotonic() + self.ready_seconds
        while refusal := self.refusal():
            name = type(self).__name__
            if not child.alive:
                raise ServerError(f"{name} did not start; {self.log} ends with:\n{child.log_tail()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{name} gave no answer in {self.ready_seconds:.0f} s: {refusal}")
            time.sleep(0.03)
