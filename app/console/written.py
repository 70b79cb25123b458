"""Two people on one form: only what a person changed is written, never over what somebody else changed meanwhile.

A page sends beside each field what it showed (`was.NAME`). Who is told of a colleague's change may save again.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from app.forms import Form

PREFIX = "was."


class Written(NamedTuple):
    """The fields that the person changed, and those of them that somebody else changed since the page was made."""

    changed: tuple[str, ...]
    overtaken: tuple[str, ...]


def written_fields(form: Form, now: Mapping[str, str], names: Iterable[str]) -> Written:
    """Compare what was typed with what the page showed and with what is stored `now`, all as they are typed.

    What is stored already is no change, whoever made it.
    """
    changed = tuple(
        name for name in names if _same(form[name]) not in (_same(form[PREFIX + name]), _same(now[name]))
    )
    overtaken = tuple(name for name in changed if _same(form[PREFIX + name]) != _same(now[name]))
    return Written(changed, overtaken)


def _same(text: str) -> str:
    """Return a text as browsers send it back: with their line ends, and without spaces around it."""
    return text.replace("\r\n", "\n").strip()
