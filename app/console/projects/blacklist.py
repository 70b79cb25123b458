"""The blacklist: which projects are on it, why and until when, and what is objected and decided."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.current import deps
from app.http import access
from app.web.blueprint import requested_page
from campaigns.appeals import MOST_APPEAL
from campaigns.network.roles import Caller, Permission, require
from campaigns.projects import blacklist
from campaigns.projects.projects import find
from campaigns.screening import watch
from kernel.clock import parse_time
from kernel.db import Tx
from kernel.errors import Invalid, fault

PAGE_SIZE = 50


def until_typed() -> datetime | None:
    """The end of the last day of a term, as it was typed; None for no end. Raises Invalid `term_invalid`."""
    text = request.form.get("until", "").strip()
    try:
        return parse_time(text) + timedelta(days=1) if text else None
    except (ValueError, OverflowError) as error:
        raise Invalid("term_invalid", fields={"until": fault("not_a_date")}) from error


@blueprint.get("/blacklist", endpoint="blacklist")
@access.signed_in(Permission.READ)
def overview() -> str:
    """The projects that are listed now, those whose term is over first; and the watch list."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows = blacklist.listings(tx)
        entries, total = watch.watched(tx, page)
    return render_template(
        "console/blacklist.html",
        rows=rows,
        entries=entries,
        total=total,
        page=page,
    )


@blueprint.post("/watch", endpoint="watch_add")
@access.signed_in_to_act(Permission.SCREEN)
def watch_contact() -> Response:
    """Watch who gives under a phone number or an e-mail address. Which it is, the @ says; neither is kept."""
    contact = request.form.get("contact", "").strip()
    given = {"email" if "@" in contact else "phone": contact}
    reason = request.form.get("reason", "").strip()

    def do(tx: Tx, caller: Caller) -> None:
        watch.watch_contact(tx, deps().keys, reason, caller.name, **given, until=until_typed())

    return act(Permission.SCREEN, url_for("console.blacklist"), do, _("重点核实名单已更新。"))


@blueprint.post("/watch/<int:watch_id>/lift", endpoint="watch_lift")
@access.signed_in_to_act(Permission.SCREEN)
def watch_lift(watch_id: int) -> Response:
    """Watch it no more."""
    reason = request.form.get("reason", "").strip()
    return act(
        Permission.SCREEN,
        url_for("console.blacklist"),
        lambda tx, caller: watch.lift(tx, watch_id, reason, caller.name),
        _("重点核实名单已更新。"),
    )


Verb = Callable[[Tx, int, str, str], Any]
_VERBS: dict[str, tuple[Permission, Verb]] = {
    "list": (
        Permission.PROJECTS_APPROVE,
        lambda tx, id_, reason, actor: blacklist.blacklist(tx, id_, reason, actor, until_typed()),
    ),
    "lift": (Permission.PROJECTS_APPROVE, blacklist.lift),
    "appeal": (Permission.PROJECTS_WRITE, blacklist.appeal),
    "answer": (Permission.PROJECTS_APPROVE, blacklist.answer),
    "answer_lift": (
        Permission.PROJECTS_APPROVE,
        lambda tx, id_, reason, actor: blacklist.answer(tx, id_, reason, actor, lifting=True),
    ),
}


@blueprint.post("/blacklist/<int:project_id>", endpoint="blacklist_act")
@access.signed_in_to_act(Permission.PROJECTS_APPROVE, Permission.PROJECTS_WRITE)
def acted(project_id: int) -> Response:
    """List, lift, write down an objection or answer it; the button that was pressed says which. Only within the
    manager's branch."""
    back = url_for("console.blacklist")
    if (found := _VERBS.get(request.form.get("verb", ""))) is None:
        return redirect(back, 303)
    permission, verb = found
    reason = request.form.get("reason", "").strip()[:MOST_APPEAL]

    def do(tx: Tx, caller: Caller) -> None:
        require(caller, permission, find(tx, project_id).lineage)
        verb(tx, project_id, reason, caller.name)

    return act(permission, back, do, _("黑名单已更新。"))
