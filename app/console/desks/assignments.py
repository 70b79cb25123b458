"""Who works on a row of a desk: shown on its list, taken and released there."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.forms import ConsoleForm
from app.desk_rows import require_row
from app.http import access
from app.http.scope import Where
from app.i18n.names import actor_name
from campaigns.assignments import ASSIGNERS, KINDS, Assignment, assignments_of, release, take
from campaigns.network.roles import Caller
from campaigns.reasons import MOST_REASON
from kernel.db import Tx


class Place(NamedTuple):
    """The page on which rows of a kind are taken, the anchor of a row on a list or the argument of its own page,
    and the button that decides the row, for the same people."""

    endpoint: str
    row: str
    decides: str
    is_list: bool = True


_PAGES = {
    "approval": Place("approvals", "approval", "decide_approval"),
    "case": Place("cases", "case", "case_act"),
    "discrepancy": Place("difference", "discrepancy_id", "difference_sign_off", is_list=False),
    "inbox_event": Place("message", "message_id", "message_act", is_list=False),
    "objection": Place("objections", "objection", "objection_reply"),
    "payment_exception": Place("payments", "payment", "payment_act"),
    "project": Place("project_review", "project_id", "reviews_approve", is_list=False),
    "question": Place("questions", "question", "answer_question"),
    "receipt": Place("receipts", "receipt", "decide_receipt"),
    "refund_request": Place("refund_requests", "request", "decide_refund_request"),
    "team": Place("teams", "team", "decide_team"),
}


class Assignments(NamedTuple):
    """The data of `console/assignments.html`: the assignments of a page's rows, the caller's name, and whether they
    may change them. `slug`: the campaign of the list, if it is of one."""

    kind: str
    rows: Mapping[int, Assignment]
    actor: str
    may_take: bool
    slug: str


def assignments_at(tx: Tx, kind: str, row_ids: Iterable[int | None], slug: str = "") -> Assignments:
    """Return the assignments of the rows of a page, with one query."""
    rows = assignments_of(tx, kind, (row_id for row_id in row_ids if row_id is not None))
    return Assignments(kind, rows, access.actor(), decides(kind), slug)


def decides(kind: str) -> bool:
    """Return whether the caller decides rows of a kind."""
    return access.opens(_PAGES[kind].decides)


@blueprint.post(f"/desks/<any({', '.join(KINDS)}):desk>/<int:row_id>", endpoint="desk_assign")
@access.signed_in_to_act(*ASSIGNERS, where=Where.NAMED)
def assign(desk: str, row_id: int) -> Response:
    """Become the assignee of a row, change the note, or release the row. The list keeps its filters."""
    form = ConsoleForm(request.form)
    done = {"release": _("已放下，同事可以接。")}

    def do(tx: Tx, caller: Caller) -> str | None:
        require_row(tx, desk, row_id)
        if form.verb == "release":
            release(tx, desk, row_id, caller.name)
            return None
        _assignment, before = take(tx, desk, row_id, form["note"][:MOST_REASON], caller.name)
        return _("原来是%(name)s在处理，现在换成您。", name=actor_name(before)) if before else None

    return act(None, row_address(desk, row_id, form["slug"]), do, done.get(form.verb, _("已记下：您在处理。")))


def row_address(kind: str, row_id: int, slug: str) -> str:
    """Return the address of the page on which a row is decided."""
    page = _PAGES[kind]
    named: dict[str, Any] = {"_anchor": f"{page.row}-{row_id}"} if page.is_list else {page.row: row_id}
    if kind == "case":
        named["slug"] = slug
    return url_for(f"console.{page.endpoint}", **named)
