"""The self-checks of nodes after a campaign: a list, those with a "no" first, and the form of each node."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.organisations import find as find_node
from campaigns.network.roles import Caller, Permission
from campaigns.self_checks.forms import (
    MOST_REMARK,
    Answer,
    Answers,
    Signed,
    forms_of,
    node_forms,
    require_node,
    sign,
)
from campaigns.self_checks.models import Question
from campaigns.self_checks.nodes import due_on, released_at
from kernel.db import Tx

PAGE_SIZE = 50
_YES, _NO = "yes", "no"


@blueprint.get("/self-checks", endpoint="self_checks")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_self_checks() -> str:
    """List the self-checks of the manager's branch, of all campaigns or of one."""
    page, slug = requested_page(PAGE_SIZE), request.args.get("campaign", "").strip()
    with deps().db.snapshot() as tx:
        rows, total = node_forms(tx, scope.branch(), slug, page)
    return render_template("console/self_checks.html", rows=rows, total=total, page=page, slug=slug)


@blueprint.get("/campaigns/<slug>/self-checks/<code>", endpoint="self_check")
@access.signed_in(Permission.READ)
def show(slug: str, code: str) -> str:
    """Show a node's form in force, its earlier ones, and the form to fill in."""
    return _page(slug, code, None)


@blueprint.post("/campaigns/<slug>/self-checks/<code>", endpoint="self_check_sign")
@access.signed_in_to_act(Permission.PROJECTS_WRITE)
def sign_form(slug: str, code: str) -> str | Response:
    """Sign the form of a node."""
    form = ConsoleForm(request.form)
    answers: Answers = {
        key: Answer(form[key] == _YES, form[f"{key}_remark"]) for key in Question if form[key] in (_YES, _NO)
    }

    def do(tx: Tx, caller: Caller) -> None:
        sign(tx, slug, code, answers, form.whole("corrects") or 0, caller.name)

    address = url_for("console.self_check", slug=slug, code=code)
    back = act(Permission.PROJECTS_WRITE, address, do, _("自查表已交。"), form)
    return _page(slug, code, form) if form.faults else back


def _page(slug: str, code: str, form: ConsoleForm | None) -> str:
    with deps().db.snapshot() as tx:
        campaign_id = require_node(tx, slug, code)
        campaign, node, forms = find_campaign(tx, slug), find_node(tx, code), forms_of(tx, campaign_id, code)
        released = released_at(tx, campaign_id)
    return render_template(
        "console/self_check.html",
        campaign=campaign,
        node=node,
        forms=forms,
        due_on=due_on(released, campaign.self_check_s) if released else None,
        form=form or ConsoleForm(_typed(forms[0]) if forms else {}),
        most=MOST_REMARK,
    )


def _typed(signed: Signed) -> dict[str, str]:
    """Return a signed form as its form fields show it."""
    ticks = {key.value: _YES if signed.answers[key].yes else _NO for key in Question}
    return ticks | {f"{key}_remark": signed.answers[key].remark for key in Question}
