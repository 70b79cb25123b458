"""Processes of their own, forked from a server that has imported the product once, because importing it takes
longer than what they do: such as are killed where a test wants it, and commands."""

import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from traceback import format_exc
from typing import Any

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.crash.victim", "tests.api.repeat_victim"])
_MOST_S = 60.0
ROOT = Path(__file__).parents[1]


def killed_in(work: Callable[..., None], *args: Any) -> None:
    """Do the work in a process of its own, which must be killed (kill -9) by it."""
    mine, theirs = _FORKS.Pipe()
    process = _FORKS.Process(target=_work, args=(theirs, work, args), daemon=True)
    process.start()
    process.join(_MOST_S)
    assert process.exitcode == -signal.SIGKILL, mine.recv() if mine.poll() else process.exitcode


def command(env: Mapping[str, str], folder: Path, *args: str, typed: str = "") -> CompletedProcess[str]:
    """Run a command of ours (`flask --app wsgi ARGS`) in a process with this environment; what it prints is kept in
    `folder` for as long as it runs."""
    with TemporaryDirectory(dir=folder) as place:
        streams = [Path(place) / name for name in ("in", "out", "err")]
        streams[0].write_text(typed)
        process = _FORKS.Process(target=_flask, args=(dict(env), streams, args))
        process.start()
        process.join(2 * _MOST_S)
        assert process.exitcode is not None, f"{args} did not end"
        return CompletedProcess(args, process.exitcode, streams[1].read_text(), streams[2].read_text())


def _flask(env: dict[str, str], streams: Sequence[Path], args: Sequence[str]) -> None:
    os.environ.clear()
    os.environ.update(env)
    os.chdir(ROOT)
    for number, (stream, mode) in enumerate(zip(streams, ("r", "w", "w"), strict=True)):
        with stream.open(mode) as file:
            os.dup2(file.fileno(), number)
    sys.argv = ["flask", "--app", "wsgi", *args]
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    runpy.run_module("flask", run_name="__main__", alter_sys=False)


def _work(report: Connection, work: Callable[..., None], args: tuple[Any, ...]) -> None:
    try:
        work(*args)
    except BaseException:
        report.send(format_exc())
        raise
