"""The payout of a campaign: money divided, planned and paid; payout plans with their remittances."""

from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.bank_files import file_of
from app.console.blueprint import act, blueprint, said_of
from app.current import deps
from app.duties import perform
from app.forms import Form
from app.http import access
from app.web.blueprint import requested_page
from campaigns.approvals.desk import open_of
from campaigns.lifecycle.campaign import find_campaign, slug_of
from campaigns.network.organisations import names_of
from campaigns.network.roles import Caller, Permission
from campaigns.payouts import figures, plans, remittances
from campaigns.payouts.allot import RELEASED, fees_from
from campaigns.payouts.bank_answers import newest_answers
from campaigns.payouts.failures import failures_of
from campaigns.payouts.models import PayeeAccount
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Invalid, fault

PAGE_SIZE = 50
_FUNDS = Permission.FUNDS_WRITE
_DAYS = {"paid": "paid_on", "returned": "returned_on"}  # the day that is entered with an outcome


@blueprint.get("/campaigns/<slug>/payouts", endpoint="payouts")
@access.signed_in(Permission.READ)
def show_campaign(slug: str) -> str:
    """Show how much of a campaign's money is divided, planned and paid, in total and per project."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        sums = figures.totals(tx, campaign.id or 0)
        rows, total = figures.per_project(tx, campaign.id or 0, page)
        made = plans.plans_of(tx, campaign.id or 0)
        outcomes = figures.outcomes(tx, [plan.id or 0 for plan in made])
        bearer = fees_from(tx, campaign)
    return render_template(
        "console/payouts.html",
        campaign=campaign,
        released=campaign.phase in RELEASED,
        sums=sums,
        rows=rows,
        total=total,
        page=page,
        plans=made,
        outcomes=outcomes,
        fees_from=bearer,
    )


@blueprint.post("/campaigns/<slug>/payouts", endpoint="payout_make")
@access.signed_in_to_act(_FUNDS)
def make(slug: str) -> Response:
    """Create a payout plan of all money that may be paid out."""

    def do(tx: Tx, caller: Caller) -> str:
        plan = plans.make_plan(tx, slug, caller.name)
        if deps().second_person.needed:
            return str(_("第 %(id)s 号拨付计划已生成，等另一个人批准。", id=plan.id))
        return str(_("第 %(id)s 号拨付计划已生成，等人批准。", id=plan.id))

    return act(_FUNDS, url_for("console.payouts", slug=slug), do)


@blueprint.get("/payout-plans/<int:plan_id>", endpoint="payout_plan")
@access.signed_in(Permission.READ)
def show(plan_id: int) -> str:
    """Show a plan: its payees, their accounts, and the state of each remittance."""
    with deps().db.transaction() as tx:
        plan = plans.find_plan(tx, plan_id)
        rows = plans.remittances_of(tx, plan_id)
        names = names_of(tx, (row.organisation_code for row in rows))
        account_ids = {row.payee_account_id for row in rows if row.payee_account_id}
        accounts = {account_id: tx.get(PayeeAccount, account_id) for account_id in account_ids}
        campaign = find_campaign(tx, slug_of(tx, plan.campaign_id))
        answers = newest_answers(tx, [row.id or 0 for row in rows])
        outcomes = figures.outcomes(tx, [plan_id])
        failures = failures_of(tx, plan_id)
        today = local_day(tx.now)
        pending = open_of(tx, "payout.approve", [plan_id]).get(str(plan_id))
        may_approve = not (deps().second_person.needed and plans.is_own(tx, plan, access.actor()))
    shown = {"plan": plan, "rows": rows, "names": names, "accounts": accounts, "campaign": campaign}
    shown |= {"answers": answers, "outcomes": outcomes, "failures": failures}
    shown |= {"pending": pending, "may_approve": may_approve}
    return render_template("console/payout_plan.html", **shown, today=today)


@blueprint.post("/payout-plans/<int:plan_id>/<any(approve, withdraw, send):verb>", endpoint="payout_plan_act")
@access.signed_in_to_act(_FUNDS)
def change(plan_id: int, verb: str) -> Response:
    """Approve or withdraw a plan, or mark it as sent to the bank."""
    reason = Form(request.form)["reason"]
    verbs: dict[str, Callable[[Tx, str], Any]] = {
        "approve": lambda tx, _actor: perform(tx, "payout.approve", plan_id),
        "withdraw": lambda tx, actor: plans.withdraw(tx, plan_id, reason, actor),
        "send": lambda tx, actor: plans.send(tx, plan_id, actor),
    }
    done = {
        "approve": _("已批准，款项已留出。"),
        "withdraw": _("计划已撤回，款项回到各项目。"),
        "send": _("付款文件已生成，请下载后交给银行。"),
    }
    back = url_for("console.payout_plan", plan_id=plan_id)
    return act(_FUNDS, back, lambda tx, caller: said_of(verbs[verb](tx, caller.name)), done[verb])


@blueprint.get("/payout-plans/<int:plan_id>/file-<any(csv, pain001):file_format>", endpoint="payout_file")
@access.signed_in(_FUNDS)
def download(plan_id: int, file_format: str) -> Response:
    """Download the bank file of a sent plan."""
    return file_of(plan_id, file_format, access.actor())


@blueprint.post("/remittances/<int:remittance_id>/<any(paid, refused, returned):verb>", endpoint="remittance_act")
@access.signed_in_to_act(_FUNDS)
def note(remittance_id: int, verb: str) -> Response:
    """Record the result of a remittance."""
    form = Form(request.form)
    with deps().db.transaction() as tx:
        plan_id = remittances.find_remittance(tx, remittance_id).plan_id

    def do(tx: Tx, _caller: Caller) -> str | None:
        arguments: dict[str, str] = {}
        if verb == "paid":
            arguments = {"reference": form.label("reference"), "evidence": form["evidence"]}
        if verb in _DAYS:
            arguments[_DAYS[verb]] = _day(form, _DAYS[verb])
        return said_of(perform(tx, f"remittance.{verb}", remittance_id, form["reason"], **arguments))

    done = {
        "paid": _("已登记付款。"),
        "refused": _("已登记：银行没有付，款项回到各项目。"),
        "returned": _("已登记退回，下一份计划会重新拨付。"),
    }
    return act(_FUNDS, url_for("console.payout_plan", plan_id=plan_id), do, done[verb])


def _day(form: Form, name: str) -> str:
    """Return a day of the form as ISO text. Raises Invalid `remittance_invalid`."""
    day = form.day(name)
    if day is None:
        raise Invalid("remittance_invalid", fields={name: fault("not_a_date")})
    return day.isoformat()
