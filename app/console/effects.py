"""Changes whose effect is said in words before they are made: one page for all of them.

The words come from making the change for real and rolling it back (`rehearse`); what is confirmed must have the
same effect as what was shown.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple

from flask import flash, g, redirect, render_template, request
from werkzeug.wrappers import Response

from app.console.blueprint import make_once, refusal_sentence, rehearse, said_of
from app.console.forms import ConsoleForm
from app.current import deps
from app.duties import ask_if_needed, needs_second
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


class Choice(NamedTuple):
    """Something to choose for a change: the name of its field and of its argument, its label, the label of each
    value, and the value that is chosen at first."""

    name: str
    label: str
    options: Mapping[str, Any]
    first: str


class Change(NamedTuple):
    """A change that a manager may make: `make` makes it and returns its effect, a sentence a line.

    `time`, `amount`, `reference`: the label of a time, of an amount in yuan, of a reference, that it needs;
    `choice`: what is to be chosen. `word`: what is to be typed to confirm it, for what cannot be undone.
    `asks_why`: whether it needs a reason.
    `act`, done to `subject` with `arguments`, the amount and the choice: its name among those that may need a
    second person.
    """

    permission: Permission
    title: str
    about: str  # what is changed: its name
    back: str  # the address of the page that the change belongs to
    make: Callable[[Tx, Typed], Sequence[str]]
    button: str
    done: str
    time: str = ""
    amount: str = ""
    choice: Choice | None = None
    reference: str = ""
    word: str = ""
    asks_why: bool = True
    act: str = ""
    subject: Any = None
    arguments: Mapping[str, Any] = MappingProxyType({})


def effect_page(change: Change) -> str | Response:
    """Show the effect of a change, or make the change when what was shown is confirmed."""
    access.require_declared(change.permission)
    form = ConsoleForm(request.form)
    effect: Sequence[str] = ()
    waits = False
    if request.method == "POST" or not (change.time or change.amount):
        try:
            if form.verb == "save":
                return make_once(lambda: _make(change, form))
            effect, waits = _shown(change, form)
        except Refusal as refusal:
            if request.method == "GET":
                flash(refusal_sentence(refusal), "bad")
                return redirect(change.back, 303)
            form.add_refusal(refusal)
            effect, waits = _shown_again(change, form)
    value = chosen(change.choice, form) if change.choice else ""
    return render_template(
        "console/effect.html",
        change=change,
        form=form,
        effect=effect,
        waits=waits,
        seen=_digest(effect),
        chosen=value,
    )


def _make(change: Change, form: ConsoleForm) -> Response:
    """Make the change, and lead back. Raises what it raises, Conflict `effect_changed` when its effect is not what
    was shown, and Invalid `word_missing` when the word that confirms it was not typed."""
    if change.word and form["word"] != change.word:
        raise Invalid("word_missing", fields={"word": fault("required")}, word=change.word)
    with deps().db.transaction() as tx:
        approval = None
        if change.act:
            approval = ask_if_needed(tx, change.act, change.subject, form["reason"], **_arguments(change, form))
        if approval is None:
            effect = change.make(tx, Typed(g.caller, form["reason"], form))
            if form["seen"] != _digest(effect):
                raise Conflict("effect_changed")
    flash(said_of(approval) or change.done, "good")
    return redirect(change.back, 303)


def _shown(change: Change, form: ConsoleForm) -> tuple[Sequence[str], bool]:
    """Return the effect, and whether it waits for a second person."""
    typed = Typed(g.caller, form["reason"] or _NO_REASON_YET, form)
    effect = rehearse(lambda tx: change.make(tx, typed))
    with deps().db.transaction() as tx:
        waits = bool(change.act) and needs_second(tx, change.act, change.subject, **_arguments(change, form))
    return effect, waits


def _arguments(change: Change, form: ConsoleForm) -> Mapping[str, Any]:
    amount = {"amount_minor": amount_of(form)} if change.amount else {}
    choice = {change.choice.name: chosen(change.choice, form)} if change.choice else {}
    return {**change.arguments, **amount, **choice}


def chosen(choice: Choice, form: ConsoleForm) -> str:
    """Return the value that was chosen, or the first one."""
    return form[choice.name] or choice.first


def amount_of(form: ConsoleForm) -> int:
    """Return the amount that was typed, in fen. Raises Invalid `amount_invalid`: an empty field means nothing."""
    amount_minor = form.amount("amount_minor")
    if amount_minor is None:
        why = {} if form.faults else {"amount_minor": fault("required")}
        raise Invalid("amount_invalid", fields=why)
    return amount_minor


def _shown_again(change: Change, form: ConsoleForm) -> tuple[Sequence[str], bool]:
    """Return the effect as it is now; nothing when the change is not possible any more."""
    try:
        return _shown(change, form)
    except Refusal:
        return (), False


def _digest(effect: Sequence[str]) -> str:
    return sha256("\n".join(effect).encode()).hexdigest()
