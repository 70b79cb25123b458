"""Messages from outside that need an operator: why, what helps, and the decision for one or several of them."""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.console.desks.assignments import assignments_at
from app.console.forms import ConsoleForm
from app.console.saved_views import views_at
from app.current import deps
from app.duties import perform
from app.http import access, scope
from app.http.scope import Where
from app.i18n.inbox_texts import money, reason_text, type_text
from app.i18n.locale import counted
from app.web.blueprint import requested_page
from campaigns.desks import inbox_desk
from campaigns.desks.inbox_desk import InboxQueue
from campaigns.donations.donation_number import numbered_donation
from campaigns.intake.project_codes import mapped_codes, unmap_code
from campaigns.intake.settled_conflicts import count_unsettled, settle_conflict, settled_of
from campaigns.network.roles import Caller, Permission
from campaigns.reasons import MOST_REASON
from kernel.db import Tx
from kernel.text import clean_text
from payments.inbox.inbox_conflicts import compare, list_conflicts
from payments.partners.partner_events import PARTNER_PREFIX
from payments.partners.partners import list_partners

PAGE_SIZE = 50
_FILTERS = ("queue", "source", "page")
_RECONCILE = Permission.RECONCILE


@blueprint.get("/inbox", endpoint="inbox")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
def list_messages() -> str:
    """List the messages of one queue: those that need an operator, of other shops, or dismissed."""
    page, form = requested_page(PAGE_SIZE), ConsoleForm(request.args)
    queue = InboxQueue(form["queue"]) if form["queue"] in tuple(InboxQueue) else InboxQueue.OPEN
    filters = {name: form[name] for name in _FILTERS if form[name]}
    with deps().db.transaction() as tx:
        rows, total = inbox_desk.list_queue(tx, queue, form["source"] or None, page)
        assigned = assignments_at(tx, "inbox_event", (row.id for row in rows))
        counts = inbox_desk.count_queues(tx)
        contradicting = count_unsettled(tx)
        partners = list_partners(tx)
        views = views_at(tx, "messages", {"queue": form["queue"] and queue.value, "source": form["source"]})
    return render_template(
        "console/inbox.html",
        rows=rows,
        total=total,
        page=page,
        queue=queue,
        queues=list(InboxQueue),
        counts=counts,
        contradicting=contradicting,
        source=form["source"],
        sources=["stripe", *(f"partner:{partner.name}" for partner in partners)],
        filters=filters,
        views=views,
        assigned=assigned,
        reason=reason_text,
        type_text=type_text,
        money=money,
    )


@blueprint.get("/inbox/<int:message_id>", endpoint="message")
@access.signed_in(Permission.READ)
def show(message_id: int) -> str:
    """Show a message without its body, and the decisions that are possible."""
    form = ConsoleForm(request.args)
    with deps().db.transaction() as tx:
        line = inbox_desk.message_line(tx, message_id)
        assigned = assignments_at(tx, "inbox_event", [message_id])
    return render_template(
        "console/message.html",
        message=line,
        assigned=assigned,
        why=reason_text(line.note, line.source),
        verbs=inbox_desk.verbs_of(line),
        filters={name: form[name] for name in _FILTERS if form[name]},
        type_text=type_text,
        money=money,
    )


@blueprint.post("/inbox/<int:message_id>", endpoint="message_act")
@access.signed_in_to_act(_RECONCILE)
def decide(message_id: int) -> Response:
    """Retry or release a message, map its project code, attach it to a donation, or dismiss it; the list keeps its
    filters."""
    form = ConsoleForm(request.form)
    return act(_RECONCILE, _list_address(form), lambda tx, caller: _decide(tx, caller, message_id, form))


@blueprint.post("/inbox/decide", endpoint="messages_act")
@access.signed_in_to_act(_RECONCILE, where=Where.FEDERATION)
def decide_several() -> Response:
    """Decide several messages in the same way, with one reason, all or none."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, caller: Caller) -> str:
        ids = form.chosen("message", PAGE_SIZE)
        for id_ in ids:
            _decide(tx, caller, id_, form)
        return counted("已处理 %(count)s 条消息。", len(ids))

    return act(_RECONCILE, _list_address(form), do)


def _decide(tx: Tx, caller: Caller, message_id: int, form: ConsoleForm) -> str:
    reason = request.form.get("reason", "").replace("\x00", "").strip()[:MOST_REASON]
    if form.verb == "dismiss":
        inbox_desk.dismiss(tx, caller.name, message_id, reason)
        return str(_("已搁置，写明的原因在操作记录里。"))
    if form.verb == "map":
        scope.require_federation()
        line = inbox_desk.message_line(tx, message_id)
        partner = line.source.removeprefix(PARTNER_PREFIX)
        due = perform(tx, "partner.map_code", partner, code=line.project_code, project=form["project"])
        return said_of(due) or counted("已对应到这个项目，等它的 %(count)s 条消息几秒内处理。", due)
    if form.verb == "attach":
        donation_id = numbered_donation(tx, form["donation"])
        scope.require_named(tx, "donation_id", donation_id)
        inbox_desk.attach(tx, caller.name, message_id, donation_id)
        return str(_("已归到这笔捐赠，几秒内处理。"))
    inbox_desk.retry_waiting(tx, caller.name, message_id, confirm=form.verb == "release", reason=reason)
    return str(_("已重新排队，几秒内处理。"))


def _list_address(form: ConsoleForm) -> str:
    filters: dict[str, Any] = {name: form[name] for name in _FILTERS if form[name]}
    return url_for("console.inbox", **filters)


@blueprint.get("/inbox/codes", endpoint="project_codes")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
def list_codes() -> str:
    """List the project codes of partner platforms and what they are mapped to, by a part of either."""
    page, words = requested_page(PAGE_SIZE), ConsoleForm(request.args)["q"]
    with deps().db.transaction() as tx:
        rows = [row for row in mapped_codes(tx) if words in f"{row.code}\n{row.project_code}\n{row.project_name}"]
    shown = {"rows": page.slice(rows), "total": len(rows), "page": page, "words": words}
    return render_template("console/project_codes.html", **shown)


@blueprint.post("/inbox/codes", endpoint="unmap_code")
@access.signed_in_to_act(_RECONCILE, where=Where.FEDERATION)
def unmap() -> Response:
    """Remove the mapping of a code. Later messages with this code wait again."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, caller: Caller) -> str:
        unmap_code(tx, form["partner"], form["code"], caller.name)
        return str(_("已取消对应，以后带这个编号的消息会等待处理。"))

    return act(_RECONCILE, url_for("console.project_codes"), do)


@blueprint.get("/inbox/conflicts", endpoint="message_conflicts")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
def conflicts() -> str:
    """List the messages that contradict an earlier one, newest first."""
    page, source = requested_page(PAGE_SIZE), ConsoleForm(request.args)["source"]
    with deps().db.transaction() as tx:
        rows, total = list_conflicts(tx, page, source or None)
        settled = settled_of(tx, [row.id for row in rows])
    shown = {"rows": rows, "total": total, "page": page, "settled": settled, "source": source}
    return render_template("console/message_conflicts.html", **shown)


@blueprint.get("/inbox/conflicts/<int:conflict_id>", endpoint="message_conflict")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
def conflict(conflict_id: int) -> str:
    """Show both versions of a message field by field, without personal fields."""
    with deps().db.transaction() as tx:
        both = compare(tx, conflict_id)
        settled = settled_of(tx, [conflict_id]).get(conflict_id)
    return render_template("console/message_conflict.html", both=both, settled=settled)


@blueprint.post("/inbox/conflicts/<int:conflict_id>", endpoint="settle_conflict")
@access.signed_in_to_act(_RECONCILE, where=Where.FEDERATION)
def settle(conflict_id: int) -> Response:
    """Record the finding about two messages that contradict each other."""
    reason = clean_text(request.form.get("reason", "")).strip()[:MOST_REASON]

    def do(tx: Tx, caller: Caller) -> str:
        settle_conflict(tx, conflict_id, reason, caller.name)
        return str(_("已记下核对结果。"))

    return act(_RECONCILE, url_for("console.message_conflicts"), do)
