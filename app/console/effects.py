"""Changes whose effect is said in words before they are made: one page for all of them.

The words come from making the change for real and rolling it back (`rehearse`); what is confirmed must have the
same effect as what was shown.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from flask import flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from app.console.blueprint import refusal_sentence, rehearse
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, Refusal, fault

_NO_REASON_YET = "-"  # stands for the reason while the effect is only shown


class Typed(NamedTuple):
    """Who makes a change, why, and what else they typed."""

    caller: Caller
    reason: str
    form: ConsoleForm


class Change(NamedTuple):
    """A change that a manager may make: `make` makes it and returns its effect, a sentence a line.

    `time`: the label of a time that it needs. `word`: what is to be typed to confirm it, for what cannot be undone.
    """

    permission: Permission
    title: str
    about: str  # what is changed: its name
    back: str  # the address of the page that the change belongs to
    make: Callable[[Tx, Typed], Sequence[str]]
    button: str
    done: str
    time: str = ""
    word: str = ""


def effect_page(change: Change) -> str | Response:
    """Show the effect of a change, or make the change when what was shown is confirmed."""
    access.require_declared(change.permission)
    form = ConsoleForm(request.form)
    effect: Sequence[str] = ()
    if request.method == "POST" or not change.time:
        try:
            if form.verb == "save":
                _make(change, form)
                flash(change.done, "good")
                return redirect(change.back, 303)
            effect = _shown(change, form)
        except Refusal as refusal:
            if request.method == "GET":
                flash(refusal_sentence(refusal), "bad")
                return redirect(change.back, 303)
            form.add_refusal(refusal)
            effect = _shown_again(change, form)
    return render_template("console/effect.html", change=change, form=form, effect=effect, seen=_digest(effect))


def _make(change: Change, form: ConsoleForm) -> None:
    """Make the change. Raises what it raises, Conflict `effect_changed` when its effect is not what was shown, and
    Invalid `word_missing` when the word that confirms it was not typed."""
    if change.word and form["word"] != change.word:
        raise Invalid("word_missing", fields={"word": fault("required")}, word=change.word)
    with deps().db.transaction() as tx:
        effect = change.make(tx, Typed(g.caller, form["reason"], form))
        if form["seen"] != _digest(effect):
            raise Conflict("effect_changed")


def _shown(change: Change, form: ConsoleForm) -> Sequence[str]:
    typed = Typed(g.caller, form["reason"] or _NO_REASON_YET, form)
    return rehearse(lambda tx: change.make(tx, typed))


def _shown_again(change: Change, form: ConsoleForm) -> Sequence[str]:
    """Return the effect as it is now; nothing when the change is not possible any more."""
    try:
        return _shown(change, form)
    except Refusal:
        return ()


def _digest(effect: Sequence[str]) -> str:
    return sha256("\n".join(effect).encode()).hexdigest()
