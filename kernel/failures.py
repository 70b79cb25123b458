"""Report what failed and where, without the text of the exception, which may contain data that must not be stored
or logged."""

from pathlib import Path
from traceback import walk_tb
from typing import NamedTuple

from kernel.errors import Refusal

_ROOT = Path(__file__).parents[1]


class Failure(NamedTuple):
    """The kind of an exception (with the code of a refusal), and the file and line of our code that raised it."""

    kind: str
    place: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.place}" if self.place else self.kind


def failure_of(error: BaseException) -> Failure:
    """Return what is safe to show of an exception: its kind, and the innermost frame in our own code."""
    kind = type(error).__name__
    if isinstance(error, Refusal):
        kind = f"{kind} {error.code}"
    elif error.__cause__ is not None:
        kind = f"{kind} ({type(error.__cause__).__name__})"  # the database driver's name for it
    places = [
        f"{path.relative_to(_ROOT)}:{line}"
        for path, line in ((Path(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__))
        if path.is_relative_to(_ROOT) and "site-packages" not in path.parts
    ]
    telling = [place for place in places if not place.startswith("kernel/")] or places
    return Failure(kind, telling[-1] if telling else "")
