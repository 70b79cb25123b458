"""The single function that writes log lines. If the log cannot be written (disk full, file closed, reader stopped),
lines are lost but no request fails."""

import os
import select
import stat
import sys
from typing import IO

_PIECE = 1000  # characters: a writable pipe takes 4096 bytes without blocking (PIPE_BUF of Linux)


class Lost:
    """The number of lines that this process could not write."""

    count = 0


def write(line: str) -> None:
    """Write a line to stderr, or count it as lost."""
    try:
        _write(sys.stderr, line + "\n")
    except (OSError, ValueError, AttributeError):  # AttributeError: stderr was closed before the start (None)
        Lost.count += 1


def _write(stream: IO[str], line: str) -> None:
    pipe = _pipe(stream)
    for start in range(0, len(line), _PIECE) if pipe is not None else (0,):
        if pipe is not None and not _takes(pipe):
            raise BlockingIOError("the reader of the log has stopped")
        stream.write(line if pipe is None else line[start : start + _PIECE])
        stream.flush()


def _pipe(stream: IO[str]) -> int | None:
    """Return the file descriptor of a pipe; None for a stream that never blocks a writer."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return None  # not a file of the operating system
    return number if stat.S_ISFIFO(os.fstat(number).st_mode) else None


def _takes(pipe: int) -> bool:
    """Return whether a pipe is writable. Uses the original `select`, because gevent's would yield to other
    greenlets."""
    monkey = sys.modules.get("gevent.monkey")
    waiting = monkey.get_original("select", "select") if monkey else select.select
    return bool(waiting([], [pipe], [], 0)[1])
