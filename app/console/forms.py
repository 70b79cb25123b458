"""Forms of the console: their buttons, and the rule that only what was previewed is saved."""

from datetime import datetime
from hashlib import sha256

from flask import request

from app.forms import Form, chosen_ids
from app.http.repeats import FIELD
from app.http.security_events import notice_refusal
from app.i18n.refusals.refusals import refusal_text
from kernel.errors import Invalid, Refusal, fault
from kernel.human_input import Unreadable, read_moment

_NOT_CONTENT = frozenset({"csrf_token", FIELD, "verb", "shown", "seen", "place_q", "project_q"})


class ConsoleForm(Form):
    """A form with several buttons. `verb`: the button that was pressed; `overtaken`: another manager has changed
    what the form changes, and the reader is told so."""

    overtaken = False

    @property
    def verb(self) -> str:
        """Return the button that was pressed."""
        return self["verb"]

    def add_refusal(self, refusal: Refusal) -> None:
        """Show a refusal at its fields, and record it if it is about rights."""
        notice_refusal(refusal)
        super().add_refusal(refusal)
        if refusal.code == "changed_meanwhile":
            self.overtaken = True
            self.faults.setdefault("", refusal_text(refusal))  # who it was; the fields show only what

    @property
    def finished(self) -> bool:
        """Return whether the form was sent to be previewed or saved. Other buttons only change the form (more
        lines, a search)."""
        return self.verb in ("preview", "save")

    @property
    def confirmed(self) -> bool:
        """Return whether the form saves exactly what was previewed."""
        return self.verb == "save" and self["shown"] == self.digest()

    def chosen(self, name: str, most: int) -> list[int]:
        """Return the ids of the rows that were ticked, in order.

        Raises Invalid `nothing_chosen`, `too_many_chosen`.
        """
        ids = sorted(chosen_ids(self.all(name)))
        if not ids:
            raise Invalid("nothing_chosen")
        if len(ids) > most:
            raise Invalid("too_many_chosen", most=most)
        return ids

    def digest(self) -> str:
        """Return a digest of the typed content, which proves that the manager confirms what they saw."""
        typed = {name: self.all(name) for name in sorted(self.data) if name not in _NOT_CONTENT}
        for values in typed.values():
            while values and not values[-1]:  # ignore trailing empty lines
                values.pop()
        return sha256(repr({name: values for name, values in typed.items() if values}).encode()).hexdigest()


def requested_term_end() -> datetime | None:
    """Return the end of the last day of a term from the field `until`; None if there is no end.

    Raises Invalid `term_invalid`.
    """
    text = request.form.get("until", "").strip()
    try:
        return read_moment(text).until if text else None
    except Unreadable as error:
        raise Invalid("term_invalid", fields={"until": fault("not_a_date")}) from error
