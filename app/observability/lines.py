"""The one way a line gets into the log. A log that cannot be written costs lines, never a request: its disk may be
full, its file closed, its reader may have stopped."""

import os
import select
import stat
import sys
from typing import IO

_PIECE = 1000  # characters: a pipe that says it is writable takes 4096 bytes without waiting (PIPE_BUF of Linux)


class Lost:
    """How many lines of this process nobody will read."""

    count = 0


def write(line: str) -> None:
    """Write a line to stderr, or count it as lost."""
    try:
        _write(sys.stderr, line + "\n")
    except (OSError, ValueError, AttributeError):  # AttributeError: stderr was closed before we began (None)
        Lost.count += 1


def _write(stream: IO[str], line: str) -> None:
    pipe = _pipe(stream)
    for start in range(0, len(line), _PIECE) if pipe is not None else (0,):
        if pipe is not None and not _takes(pipe):
            raise BlockingIOError("the reader of the log has stopped")
        stream.write(line if pipe is None else line[start : start + _PIECE])
        stream.flush()


def _pipe(stream: IO[str]) -> int | None:
    """Return the number of a pipe; None for what never keeps a writer waiting."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return None  # no file of the system
    return number if stat.S_ISFIFO(os.fstat(number).st_mode) else None


def _takes(pipe: int) -> bool:
    """Ask the system itself: gevent's own `select` would hand the turn to others."""
    monkey = sys.modules.get("gevent.monkey")
    waiting = monkey.get_original("select", "select") if monkey else select.select
    return bool(waiting([], [pipe], [], 0)[1])
