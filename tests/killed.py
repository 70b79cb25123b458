"""Processes that are killed where a test wants it: forked from a server that has imported the product once, because
importing it takes longer than what they do."""

import signal
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from traceback import format_exc
from typing import Any

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.crash.victim", "tests.api.repeat_victim"])
_MOST_S = 60.0


def killed_in(work: Callable[..., None], *args: Any) -> None:
    """Do the work in a process of its own, which must be killed (kill -9) by it."""
    mine, theirs = _FORKS.Pipe()
    process = _FORKS.Process(target=_work, args=(theirs, work, args), daemon=True)
    process.start()
    process.join(_MOST_S)
    assert process.exitcode == -signal.SIGKILL, mine.recv() if mine.poll() else process.exitcode


def _work(report: Connection, work: Callable[..., None], args: tuple[Any, ...]) -> None:
    try:
        work(*args)
    except BaseException:
        report.send(format_exc())
        raise
