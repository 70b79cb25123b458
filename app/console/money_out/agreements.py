"""Agreements and the pledges made in them."""

from collections.abc import Callable
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.agreements import require_named
from app.console.blueprint import act, blueprint, said_of
from app.console.forms import ConsoleForm
from app.current import deps
from app.duties import perform
from app.forms import Form, is_id
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.agreements import agreements, pledges
from campaigns.agreements.agreements import NewAgreement
from campaigns.disclosure.campaigns import campaign_lines
from campaigns.funds.funds import list_funds
from campaigns.network.organisations import root
from campaigns.network.roles import Caller, Permission
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Invalid, fault

PAGE_SIZE = 50
_FUNDS = Permission.FUNDS_WRITE


@blueprint.get("/agreements", endpoint="agreements")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_agreements() -> str:
    """List the agreements of the manager's branch and the pledges that are due."""
    return _list(ConsoleForm({}))


def _list(form: ConsoleForm) -> str:
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows, total = agreements.listed(tx, scope.branch(), page)
        due = pledges.waiting_pledges(tx, scope.branch())
        own = g.caller.branch_code or root(tx)
        campaigns = [(event.slug, event.name) for event in campaign_lines(tx, scope.branch())]
        funds = [(str(fund.id), fund.name) for fund in list_funds(tx, scope.branch())]
    shown = {"rows": rows, "total": total, "page": page, "due": due, "own": own}
    shown |= {"campaigns": campaigns, "funds": funds}
    return render_template("console/agreements.html", form=form, **shown)


@blueprint.post("/network/<code>/agreements", endpoint="agreement_enter")
@access.signed_in_to_act(_FUNDS)
def enter(code: str) -> str | Response:
    """Enter an agreement."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        new = _typed(form)
        require_named(tx, new)
        agreements.enter(tx, code, new, caller.name)

    back = act(_FUNDS, url_for("console.agreements"), do, _("协议已登记。"), form)
    return _list(form) if form.faults else back


def _typed(form: Form) -> NewAgreement:
    signed_on = form.day("signed_on")
    if signed_on is None:
        raise Invalid("agreement_invalid", fields={"signed_on": fault("not_a_date")})
    texts = {name: form[name] for name in ("kind", "number", "title", "party", "assessment", "document")}
    return NewAgreement(
        **texts,
        signed_on=signed_on,
        ends_on=form.day("ends_on") if form["ends_on"] else None,
        amount_minor=form.amount("amount_minor") if form["amount_minor"] else None,
        campaign=form["campaign"] or None,
        fund=int(form["fund"]) if is_id(form["fund"]) else None,
    )


@blueprint.get("/agreements/<int:agreement_id>", endpoint="agreement")
@access.signed_in(Permission.READ)
def show(agreement_id: int) -> str:
    """Show an agreement with its pledges."""
    with deps().db.transaction() as tx:
        agreement = agreements.find(tx, agreement_id)
        owner = agreements.owner_name(tx, agreement)
        rows = pledges.of_agreement(tx, agreement_id)
        today = local_day(tx.now)
    shown = {"owner": owner, "pledges": rows, "today": today}
    return render_template("console/agreement.html", agreement=agreement, **shown)


@blueprint.post("/agreements/<int:agreement_id>/<any(end, pledge):verb>", endpoint="agreement_act")
@access.signed_in_to_act(_FUNDS)
def change(agreement_id: int, verb: str) -> Response:
    """End an agreement, or add a pledge to it."""
    form = Form(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        if verb == "end":
            agreements.end(tx, agreement_id, form["reason"], caller.name)
            return
        due_on = form.day("due_on")
        if due_on is None:
            raise Invalid("pledge_invalid", fields={"due_on": fault("not_a_date")})
        pledges.pledge(tx, agreement_id, due_on, form.amount("amount") or 0, caller.name)

    done = _("协议已终止。") if verb == "end" else _("承诺已登记。")
    return act(_FUNDS, url_for("console.agreement", agreement_id=agreement_id), do, done)


@blueprint.post("/pledges/<int:pledge_id>/<any(pay, call, waive):verb>", endpoint="pledge_act")
@access.signed_in_to_act(_FUNDS)
def change_pledge(pledge_id: int, verb: str) -> Response:
    """Pay a pledge with a deposit, call on the other party, or waive the rest."""
    form = Form(request.form)
    with deps().db.transaction() as tx:
        agreement_id = pledges.find(tx, pledge_id).agreement_id

    def pay(tx: Tx, caller: Caller) -> None:
        deposit_id = int(form["deposit"]) if is_id(form["deposit"]) else 0
        scope.require_named(tx, "deposit_id", deposit_id)
        pledges.pay(tx, pledge_id, deposit_id, form.amount("amount") or 0, caller.name)

    verbs: dict[str, Callable[[Tx, Caller], Any]] = {
        "pay": pay,
        "call": lambda tx, caller: pledges.call(tx, pledge_id, caller.name),
        "waive": lambda tx, _caller: said_of(perform(tx, "pledge.waive", pledge_id, form["reason"])),
    }
    done = {"pay": _("已登记兑现。"), "call": _("已记下催告。"), "waive": _("已免除。")}
    return act(_FUNDS, url_for("console.agreement", agreement_id=agreement_id), verbs[verb], done[verb])
