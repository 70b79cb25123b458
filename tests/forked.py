"""Processes of their own, forked from a server that has imported the product once, because importing it takes
longer than what they do: such as are killed where a test wants it, commands, and the scheduler."""

import ctypes
import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from subprocess import CompletedProcess, Popen, TimeoutExpired
from tempfile import TemporaryDirectory
from traceback import format_exc
from typing import Any, cast

from embedded.process import Child, ServerError

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.preloaded"])
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
    """Run a command of ours (`flask --app wsgi ARGS`), as `run` does."""
    return run(env, folder, "flask", "--app", "wsgi", *args, typed=typed)


def run(
    env: Mapping[str, str], folder: Path, *args: str, typed: str = "", stderr: Path | None = None
) -> CompletedProcess[str]:
    """Run a module (`python -m ARGS`) to its end in a process with this environment. What it prints is kept in
    `folder` for as long as it runs; its errors go to `stderr` if given, which may be a terminal."""
    with TemporaryDirectory(dir=folder) as place:
        streams = [Path(place) / name for name in ("in", "out", "err")]
        streams[0].write_text(typed)
        process = _FORKS.Process(target=_run, args=(dict(env), [*streams[:2], stderr or streams[2]], args))
        process.start()
        process.join(5 * _MOST_S)  # a busy machine may take two minutes for the demo event
        assert process.exitcode is not None, f"{args} did not end"
        errors = "" if stderr else streams[2].read_text()
        return CompletedProcess(args, process.exitcode, streams[1].read_text(), errors)


class Service(Child):
    """A module of ours (`python -m MODULE ARGS`) that runs until it is stopped. As with every `Child`, it ends when
    we do: with us ends the server that forked it."""

    def start(self) -> Child:
        """Start it in a session of its own."""
        if self.alive:
            raise ServerError(f"{self.args[2]} runs already as process {self.pid}")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.touch()
        self._log_start = self.log.stat().st_size
        self._process = cast("Popen[bytes]", self.fork())
        return self

    def fork(self) -> Any:
        """Fork its process, and return it as a `Child` needs it."""
        args = dict(self.env or {}), self.log, self.args[2:], self.death_signal
        process = _FORKS.Process(target=run_service, args=args, daemon=True)
        process.start()
        return _Forked(process)


class _Forked:
    """A forked process as a `Child` sees what it started."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired("fork", timeout or 0.0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        assert self.pid
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


def run_service(env: dict[str, str], log: Path, args: Sequence[str], death_signal: int) -> None:
    """Be the module that `args` names, in a session of its own."""
    os.setsid()
    ctypes.CDLL(None).prctl(1, death_signal, 0, 0, 0)  # PR_SET_PDEATHSIG
    _become(env, [Path(os.devnull), log, log], "a", args)
    _be_main(args[0])


def _run(env: dict[str, str], streams: Sequence[Path], args: Sequence[str]) -> None:
    _become(env, streams, "w", args)
    _be_main(args[0])


def _be_main(name: str) -> None:
    """Run a module or a package as `python -m` does."""
    if not hasattr(sys.modules.get(name), "__path__"):
        sys.modules.pop(name, None)  # of a module that was imported before, runpy warns
    runpy.run_module(name, run_name="__main__", alter_sys=False)


def _become(env: dict[str, str], streams: Sequence[Path], writing: str, argv: Sequence[str]) -> None:
    """Take this environment, these streams and these arguments."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(ROOT)
    for number, (stream, mode) in enumerate(zip(streams, ("r", writing, writing), strict=True)):
        with stream.open(mode) as file:
            os.dup2(file.fileno(), number)
    sys.argv = list(argv)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115


def _work(report: Connection, work: Callable[..., None], args: tuple[Any, ...]) -> None:
    try:
        work(*args)
    except BaseException:
        report.send(format_exc())
        raise
