"""Concurrent edits of one form: only the fields that a manager changed are stored, and never over another's change.

A page sends beside each field the value that it showed (`was.NAME`). A manager who was told of a colleague's change
may save again.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from app.forms import Form
from campaigns.audit import changed_meanwhile
from kernel.db import Tx

PREFIX = "was."


class Written(NamedTuple):
    """The fields that the manager changed, and those of them that another manager has changed since the page was
    rendered."""

    changed: tuple[str, ...]
    overtaken: tuple[str, ...]


def written_fields(form: Form, typed: Mapping[str, str], now: Mapping[str, str]) -> Written:
    """Compare the `typed` values with those that the page showed and those stored `now`, all as a manager types
    them.

    A value that is already stored is no change, whoever stored it. For a field without a shown value, the current
    one counts as shown.
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
    """Return the fields that the manager changed on a form about `subject` (`project:7`), whose row must be locked.

    `action` is the act of the form; `in_words` returns the label of a field's code. Raises Conflict
    `changed_meanwhile` if another manager has changed one of them since the page was rendered.
    """
    changed, overtaken = written_fields(form, typed, now)
    if overtaken:
        words = {name: in_words(name, now[name]) for name in overtaken}
        raise changed_meanwhile(tx, subject, words, action=action)
    return changed


def require_seen(tx: Tx, subject: str, form: Form, now: Mapping[str, str], *, action: str) -> None:
    """Require that the page showed the values that are stored `now`, for forms that are stored as a whole.

    Raises Conflict `changed_meanwhile`.
    """
    other = {name: text for name, text in now.items() if _same(form.data.get(PREFIX + name, text)) != _same(text)}
    if other:
        raise changed_meanwhile(tx, subject, other, action=action)


def require_seen_at(tx: Tx, subject: str, form: Form, changed_at: datetime | None, *, action: str) -> None:
    """Require that nothing changed after the page was rendered, by the time of the last change, `changed_at`.

    For forms whose fields are too long to send back, or secret. Raises Conflict `changed_meanwhile`.
    """
    if form.data.get("seen", seen_at(changed_at)) != seen_at(changed_at):
        raise changed_meanwhile(tx, subject, action=action)


def seen_at(changed_at: datetime | None) -> str:
    """Return the value that a page sends as `seen`."""
    return changed_at.isoformat() if changed_at else ""


def shown_before(form: Form, now: Mapping[str, str]) -> dict[str, str]:
    """Return the values that the page of a submitted form showed, so that it can be shown again with its faults."""
    return {name: form.data.get(PREFIX + name, text) for name, text in now.items()}


def _same(text: str) -> str:
    """Normalise a text that a browser sent: its line ends, and spaces around it."""
    return text.replace("\r\n", "\n").strip()
