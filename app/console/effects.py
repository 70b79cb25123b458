"""Changes whose effect is stated before they are made, all on one page.

The statement comes from making the change and rolling it back (`rehearse`). A confirmed change must have the effect
that was shown, unless its figures move while donors give: nobody could pause a busy pot otherwise.
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

_NO_REASON_YET = "-"  # replaces a missing reason in the preview


class Typed(NamedTuple):
    """Who makes a change, the reason, and the form with everything else they typed."""

    caller: Caller
    reason: str
    form: ConsoleForm


class Choice(NamedTuple):
    """An option list of a change.

    `name`: of its field and of the act's argument; `options`: the label of each value; `first`: the value chosen by
    default.
    """

    name: str
    label: str
    options: Mapping[str, Any]
    first: str


class Change(NamedTuple):
    """A change that a manager may make. `make` executes it and returns its effect, one sentence per line.

    `time`, `amount`, `reference`: labels of the inputs that it needs: a time, an amount in yuan, a reference;
    `choice`: its option list. `word`: the text to type as confirmation of an irreversible change. `asks_why`:
    whether it needs a reason. `act`: its name among the acts that may need a second person, performed on `subject`
    with `arguments`, the amount and the choice. `facts`: states what limits the inputs, before anything is typed;
    raises what the change would raise whatever is typed. `live`: whether donations move the figures of its effect.
    """

    permission: Permission
    title: str
    about: str  # the name of what is changed
    back: str  # the address to return to
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
    facts: Callable[[Tx], Sequence[str]] | None = None
    live: bool = False


def effect_page(change: Change) -> str | Response:
    """Show the effect of a change, or make the change once it is confirmed."""
    access.require_declared(change.permission)
    form = ConsoleForm(request.form)
    effect: Sequence[str] = ()
    facts: Sequence[str] = ()
    waits = False
    try:
        if change.facts and request.method == "GET":
            facts = rehearse(change.facts)
        if request.method == "POST" or not (change.time or change.amount):
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
        facts=facts,
        waits=waits,
        seen=_digest(effect),
        chosen=value,
    )


def _make(change: Change, form: ConsoleForm) -> Response:
    """Make the change and redirect. Raises what the change raises.

    Also raises Conflict `effect_changed` if the effect is neither live nor the one shown, and Invalid
    `word_missing` if the confirmation word was not typed.
    """
    if change.word and form["word"] != change.word:
        raise Invalid("word_missing", word=change.word)
    with deps().db.transaction() as tx:
        approval = None
        if change.act:
            approval = ask_if_needed(tx, change.act, change.subject, form["reason"], **_arguments(change, form))
        if approval is None:
            effect = change.make(tx, Typed(g.caller, form["reason"], form))
            if not change.live and form["seen"] != _digest(effect):
                raise Conflict("effect_changed")
    flash(said_of(approval) or change.done, "good")
    return redirect(change.back, 303)


def _shown(change: Change, form: ConsoleForm) -> tuple[Sequence[str], bool]:
    """Return the effect, and whether the change waits for a second person."""
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
    """Return the chosen value, or the default."""
    return form[choice.name] or choice.first


def amount_of(form: ConsoleForm) -> int:
    """Return the typed amount in fen. Raises Invalid `amount_invalid`, also for an empty field."""
    amount_minor = form.amount("amount_minor")
    if amount_minor is None:
        why = {} if form.faults else {"amount_minor": fault("required")}
        raise Invalid("amount_invalid", fields=why)
    return amount_minor


def _shown_again(change: Change, form: ConsoleForm) -> tuple[Sequence[str], bool]:
    """Return the current effect; empty if the change is no longer possible."""
    try:
        return _shown(change, form)
    except Refusal:
        return (), False


def _digest(effect: Sequence[str]) -> str:
    return sha256("\n".join(effect).encode()).hexdigest()
