"""Web servers of test sites, forked from a process that has imported the product: importing it takes each of them
a second. That process does as a worker of gunicorn: it lets gevent patch Python first and imports afterwards."""

import gc
import os
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import TimeoutExpired
from traceback import print_exc
from typing import Any

from embedded.proc import is_running
from embedded.process import wait_until
from tests.forked import Service, run_service

# What `wsgi` and `bench.wsgi` import. Those two read the environment, so each site imports its own.
PRODUCT = (
    "app.factory",
    "app.worker",
    "app.shared_pages.front",
    "bench.counter",
    "bench.rowlock",
    "gunicorn.arbiter",
)
# Gunicorn's first process needs these as they are. Its worker patches them later.
UNPATCHED = {"os": False, "signal": False, "queue": False}
_spawn = get_context("spawn")
_lock = threading.Lock()
_forks: Connection | None = None


class WebServer(Service):
    """A gunicorn (`python -m gunicorn ARGS`)."""

    def fork(self) -> Any:
        return _Server(_fork(dict(self.env or {}), self.log, self.args[2:], self.death_signal))


class _Server:
    """A forked server as a `Child` sees what it started. Its parent is not we, so nobody knows its exit code."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        return None if is_running(self.pid) else 0

    def wait(self, timeout: float | None = None) -> int:
        if not wait_until(lambda: not is_running(self.pid), timeout or float("inf"), 0.02):
            raise TimeoutExpired("gunicorn", timeout or 0.0)
        return 0

    def send_signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


def _fork(env: dict[str, str], log: Path, args: Sequence[str], death_signal: int) -> int:
    global _forks
    with _lock:
        if _forks is None:
            _forks, theirs = _spawn.Pipe()
            _spawn.Process(target=_serve, args=(theirs,), daemon=True).start()
            theirs.close()  # so that it sees the end of ours
        _forks.send((env, log, args, death_signal))
        pid: int = _forks.recv()
        return pid


def _serve(requests: Connection) -> None:
    """Fork a server for each request, until nobody can send one any more."""
    import_module("gevent.monkey").patch_all(**UNPATCHED)
    for name in PRODUCT:
        import_module(name)
    import_module("sqlalchemy.orm").configure_mappers()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # leaves no zombies
    with suppress(EOFError):
        while True:
            env, log, args, death_signal = requests.recv()
            if pid := os.fork():
                requests.send(pid)
                continue
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _end(env, log, args, death_signal)


def _end(env: dict[str, str], log: Path, args: Sequence[str], death_signal: int) -> None:
    """Be the server, and end with it."""
    try:
        run_service(env, log, args, death_signal)
    except SystemExit:
        pass
    except BaseException:
        print_exc()
    finally:
        os._exit(0)
