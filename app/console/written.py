"""Two people on one form: only what a person changed is written, never over what somebody else changed meanwhile.

A page sends beside each field what it showed (`was.NAME`). Who is told of a colleague's change may save again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from app.forms import Form
from campaigns.audit import changed_meanwhile
from kernel.db import Tx

PREFIX = "was."


class Written(NamedTuple):
    """The fields that the person changed, and those of them that somebody else changed since the page was made."""

    changed: tuple[str, ...]
    overtaken: tuple[str, ...]


def written_fields(form: Form, typed: Mapping[str, str], now: Mapping[str, str]) -> Written:
    """Compare what was `typed` with what the page showed and with what is stored `now`, all as people type it.

    What is stored already is no change, whoever made it. A page that did not say what it showed showed what is now.
    """
    was = {name: _same(form.data.get(PREFIX + name, now[name])) for name in typed}
    changed = tuple(name for name, text in typed.items() if _same(text) not in (was[name], _same(now[name])))
    overtaken = tuple(name for name in changed if was[name] != _same(now[name]))
    return Written(changed, overtaken)


def require_own(
    tx: Tx,
    subject: str,
    form: Form,
    typed: Mapping[str, str],
    now: Mapping[str, str],
    *,
    action: str = "",
    in_words: Callable[[str, str], str] = lambda _name, text: text,
) -> tuple[str, ...]:
    """Return the fields that the person changed on a form about `subject` (`project:7`), whose row is locked.

    `action` is the act that the form does; `in_words` returns a field's code as people read it. Raises Conflict
    `changed_meanwhile` when somebody else changed one of them since the page was made.
    """
    changed, overtaken = written_fields(form, typed, now)
    if overtaken:
        words = {name: in_words(name, now[name]) for name in overtaken}
        raise changed_meanwhile(tx, subject, words, action=action)
    return changed


def require_seen(tx: Tx, subject: str, form: Form, now: Mapping[str, str], *, action: str) -> None:
    """Require that the page showed what is there `now`, where a form is written as a whole: another version.

    Raises Conflict `changed_meanwhile`.
    """
    other = {name: text for name, text in now.items() if _same(form.data.get(PREFIX + name, text)) != _same(text)}
    if other:
        raise changed_meanwhile(tx, subject, other, action=action)


def require_seen_at(tx: Tx, subject: str, form: Form, changed_at: datetime | None, *, action: str) -> None:
    """Require that the page was made of what was changed last at `changed_at`, where its fields are too long to be
    told, or keys. Raises Conflict `changed_meanwhile`."""
    if form.data.get("seen", seen_at(changed_at)) != seen_at(changed_at):
        raise changed_meanwhile(tx, subject, action=action)


def seen_at(changed_at: datetime | None) -> str:
    """Return what a page sends as `seen`."""
    return changed_at.isoformat() if changed_at else ""


def shown_before(form: Form, now: Mapping[str, str]) -> dict[str, str]:
    """Return what the page showed from which a form was sent, to be shown again with its faults."""
    return {name: form.data.get(PREFIX + name, text) for name, text in now.items()}


def _same(text: str) -> str:
    """Return a text as browsers send it back: with their line ends, and without spaces around it."""
    return text.replace("\r\n", "\n").strip()
