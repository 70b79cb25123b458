"""Questions of donors, and the contact details of hosts."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.desks.assignments import assignments_at
from app.console.written import require_own
from app.current import deps
from app.forms import Form
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.desks import question_desk
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.lifecycle.host_contact import Contact, contacts_of, set_contact
from campaigns.network.roles import Caller, Permission
from campaigns.reasons import MOST_REASON
from kernel.db import Tx

PAGE_SIZE = 50


@blueprint.get("/questions", endpoint="questions")
@access.signed_in(Permission.CAMPAIGNS_WRITE, where=Where.LISTED)
def list_questions() -> str:
    """List the questions of the manager's branch, unanswered ones first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows, total = question_desk.listed(tx, deps().keys, scope.branch(), page)
        assigned = assignments_at(tx, "question", (row.id for row in rows))
    return render_template("console/questions.html", rows=rows, total=total, page=page, assigned=assigned)


@blueprint.post("/questions/<int:question_id>", endpoint="answer_question")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def reply(question_id: int) -> Response:
    """Answer a question. The donor reads the answer on their page."""
    words = request.form.get("reason", "").replace("\x00", "").strip()[:MOST_REASON]

    def do(tx: Tx, caller: Caller) -> None:
        question_desk.answer_question(tx, question_id, words, caller.name)

    return act(
        Permission.CAMPAIGNS_WRITE, url_for("console.questions"), do, _("已答复，捐赠人在自己的页面上能看到。")
    )


@blueprint.post("/campaigns/<slug>/contact", endpoint="campaign_contact")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def save_contact(slug: str) -> Response:
    """Store the contact details of a campaign's host."""
    form = Form(request.form)
    typed = {name: form[name].replace("\x00", "")[:300] for name in Contact._fields}

    def do(tx: Tx, caller: Caller) -> None:
        campaign_id = lock_campaign(tx, slug).id or 0
        now = contacts_of(tx, [campaign_id]).get(campaign_id, Contact())
        names = require_own(tx, f"campaign:{campaign_id}", form, typed, now._asdict())
        if names:
            set_contact(tx, slug, now._replace(**{name: typed[name] for name in names}), caller.name)

    return act(Permission.CAMPAIGNS_WRITE, url_for("console.campaign", slug=slug), do, _("联系方式已保存。"))
