"""The bank accounts of organisations, and the rules by which the campaigns that they host are paid out."""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.console.forms import ConsoleForm
from app.console.written import require_own
from app.current import deps
from app.duties import perform
from app.forms import Form
from app.http import access
from app.i18n.giving_labels import FEES_FROM, SURPLUS_WAYS
from app.i18n.labels import LEVELS, word
from campaigns.network.organisations import find, names_of
from campaigns.network.roles import Caller, Permission
from campaigns.network.tree import lock_node
from campaigns.payouts import payees, rules
from campaigns.payouts.models import PayoutRules
from campaigns.payouts.payees import NewAccount
from kernel.db import Tx

_FUNDS = Permission.FUNDS_WRITE


@blueprint.get("/network/<code>/payees", endpoint="payees")
@access.signed_in(_FUNDS)
def show(code: str) -> str:
    """Show the accounts of an organisation and its payout rules."""
    return _page(code, ConsoleForm({}))


def _page(code: str, form: Form) -> str:
    with deps().db.transaction() as tx:
        node = find(tx, code)
        accounts = payees.accounts_of(tx, code)
        shared = payees.shared_with(tx, deps().keys, accounts)
        names = names_of(tx, {other for others in shared.values() for other in others})
        held = rules.rules_of_organisation(tx, code)
    return render_template(
        "console/payees.html",
        node=node,
        accounts=accounts,
        shared={account_id: [names[code] for code in codes] for account_id, codes in shared.items()},
        rules=held,
        was=_shown(held),
        form=form,
    )


@blueprint.post("/network/<code>/payees", endpoint="payee_propose")
@access.signed_in_to_act(_FUNDS)
def propose(code: str) -> str | Response:
    """Enter an account. Another person confirms it."""
    form = ConsoleForm(request.form)
    new = NewAccount(form["holder"], form["bank"], form["bank_code"], form.label("number"))

    def do(tx: Tx, caller: Caller) -> None:
        payees.propose(tx, deps().keys, code, new, caller.name)

    back = act(_FUNDS, url_for("console.payees", code=code), do, _("账户已登记，等确认。"), form)
    return _page(code, form) if form.faults else back


@blueprint.post("/payees/<int:payee_id>/<any(confirm, end):verb>", endpoint="payee_act")
@access.signed_in_to_act(_FUNDS)
def change(payee_id: int, verb: str) -> Response:
    """Confirm or end an account."""
    with deps().db.transaction() as tx:
        code = payees.find_payee(tx, payee_id).organisation_code

    def do(tx: Tx, caller: Caller) -> Any:
        if verb == "end":
            payees.end(tx, payee_id, caller.name)
            return None
        return said_of(perform(tx, "payee.confirm", payee_id))

    done = _("账户已停用。") if verb == "end" else _("账户已确认，以后拨款打到这里。")
    return act(_FUNDS, url_for("console.payees", code=code), do, done)


@blueprint.post("/network/<code>/payout-rules", endpoint="payout_rules")
@access.signed_in_to_act(_FUNDS)
def change_rules(code: str) -> Response:
    """Change the payout rules of an organisation. Only the fields that were changed on the form are stored."""
    form = Form(request.form)

    def do(tx: Tx, caller: Caller) -> str | None:
        lock_node(tx, code)
        held = rules.rules_of_organisation(tx, code)
        now = _shown(held)
        typed = {name: form[name] for name in now if form[name] or name == "management_most"}
        subject = f"organisation:{held.organisation_code or code}"
        names = require_own(tx, subject, form, typed, now, action="payout.rules", in_words=_in_words)
        if not names:
            return _("没有改动。")
        rules.set_rules(tx, code, dict(_change(form, name) for name in names), caller.name)
        return None

    return act(_FUNDS, url_for("console.payees", code=code), do, _("拨付规则已保存。"))


def _shown(held: PayoutRules) -> dict[str, str]:
    """Return payout rules as their form fields show them."""
    texts = {name: getattr(held, name) for name in ("fees_from", "lowest_payee", "management_source", "surplus_to")}
    shares = {"management_most": held.management_most_bps, "management_year": held.management_year_most_bps}
    return {**texts, **{name: f"{bps / 100:g}" for name, bps in shares.items()}}


def _change(form: Form, name: str) -> tuple[str, Any]:
    """Return the column and value of a field. An unreadable share becomes -1, which the rules refuse."""
    column = {"management_most": "management_most_bps", "management_year": "management_year_most_bps"}.get(name)
    if column is None:
        return name, form[name]
    bps = form.number(name, 2)
    return column, -1 if bps is None else bps


def _in_words(name: str, text: str) -> str:
    tables = {"fees_from": FEES_FROM, "lowest_payee": LEVELS, "surplus_to": SURPLUS_WAYS}
    return word(tables[name], text) if name in tables else text
