"""Child processes that cannot outlive the process that started them (Linux only).

Each child asks the kernel for a signal when its parent dies (prctl(2), PR_SET_PDEATHSIG), so that even `kill -9` of
the parent leaves nothing running. Each child has its own session, so that Ctrl-C in the terminal reaches only the
parent, which then stops its children in order.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from embedded.proc import descendants, is_running

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None, use_errno=True)


class ServerError(RuntimeError):
    """A child did not start, died early, or blocks the start. The message is meant for the terminal."""


def _new_starter() -> None:
    # PDEATHSIG fires at the death of the forking THREAD, not of the process. Therefore one thread that lives as
    # long as the process forks every child, and a test may restart a server from a thread that ends.
    global _starter
    _starter = ThreadPoolExecutor(1, thread_name_prefix="starter")


_starter: ThreadPoolExecutor
_new_starter()
os.register_at_fork(after_in_child=_new_starter)


def _leash(parent: int, death_signal: int) -> Callable[[], None]:
    def apply() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # the parent died between fork and prctl, so no signal would ever come
            os._exit(1)

    return apply


@dataclass
class Child:
    """A command with its log file and its process. Nothing runs before `start()`.

    Errors go to `error_log` if given, otherwise to `log`. `account` is (uid, gid) to run as, for root only. The
    kernel sends `death_signal` when the parent dies; `stop()` sends `stop_signal`, and kills the process after
    `patience` seconds.
    """

    args: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    account: tuple[int, int] | None = None
    death_signal: int = signal.SIGTERM
    stop_signal: int = signal.SIGTERM
    patience: float = 10.0
    error_log: Path | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _log_start: int = field(default=0, init=False, repr=False)

    def start(self) -> Child:
        """Start the command. Raises ServerError when it already runs, OSError when it cannot be executed."""
        if self.alive:
            raise ServerError(f"{self.args[0]} runs already as process {self.pid}")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        uid, gid = self.account or (None, None)
        with self.log.open("ab") as log, (self.error_log or self.log).open("ab") as errors:
            self._log_start = log.tell()
            self._process = _starter.submit(
                subprocess.Popen,
                list(self.args),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=errors,
                env=self.env,
                cwd=self.cwd,
                user=uid,
                group=gid,
                extra_groups=None if gid is None else [],
                start_new_session=True,
                preexec_fn=_leash(os.getpid(), self.death_signal),
            ).result()
        return self

    @property
    def pid(self) -> int | None:
        """The process id of the last start, None before the first."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether the process runs. A dead process is reaped here."""
        return self._process is not None and self._process.poll() is None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit and return its code. Raises subprocess.TimeoutExpired after `timeout` seconds."""
        if self._process is None:
            raise ServerError(f"{self.args[0]} was never started")
        return self._process.wait(timeout)

    def stop(self) -> None:
        """Ask the process to exit, wait `patience` seconds, then kill it and its descendants. Harmless if it is
        dead."""
        if self._process is None or not self.alive:
            return
        self._process.send_signal(self.stop_signal)
        try:
            self._process.wait(self.patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Send SIGKILL to the process and its descendants, like a power cut, and wait until all have exited."""
        if self._process is None or not self.alive:
            return
        family = [self._process.pid, *descendants(self._process.pid)]
        for pid in family:
            _send(pid, signal.SIGKILL)
        self._process.wait()
        wait_until(lambda: not any(is_running(pid) for pid in family), 10.0)

    def restart(self) -> None:
        """Stop the process if it runs, and start it again."""
        self.stop()
        self.start()

    def output(self) -> str:
        """Return what the latest start wrote to `log`."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of `output()`."""
        return "\n".join(self.output().splitlines()[-lines:])


def _send(pid: int, signum: int) -> None:
    try:
        os.kill(pid, signum)
    except ProcessLookupError:
        return  # it exited by itself in the meantime, as wanted


def wait_until(condition: Callable[[], bool], seconds: float, pause: float = 0.05) -> bool:
    """Poll until `condition()` holds. Return False if it did not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
    return True


def port_is_free(port: int) -> bool:
    """Return whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """Return a TCP port that was free on 127.0.0.1 a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
