"""The audit trail in words (who did what, to what, when and from where), with search and export."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from flask import Response, g, render_template, request, url_for
from flask_babel import gettext as _

from app.console.blueprint import blueprint
from app.console.navigation import label_of
from app.current import deps
from app.forms import Form
from app.http import access, scope
from app.http.heavy_reads import heavy
from app.http.scope import Where
from app.i18n.approvals import approval_text
from app.i18n.audit.audit_labels import GROUPS
from app.i18n.audit.audit_subjects import SUBJECTS
from app.i18n.audit.audit_texts import act_text, changes, changes_text, subject_text
from app.i18n.names import actor_name
from app.i18n.refusals.faults import fault_text
from app.i18n.refusals.refusals import code_text
from app.table_file import FORMATS, table_response
from campaigns.approvals.names import approvals_in, names_of
from campaigns.audit import record_audit
from campaigns.audit_trail import MOST_SHOWN, AuditPage, AuditQuery, search
from campaigns.network.roles import Permission
from campaigns.subject_names import Named, named_details, subject_names
from kernel.db import Tx
from kernel.errors import fault
from kernel.human_input import Unreadable, read_moment
from kernel.ids import MOST_ID

FILTERS = ("actor", "act", "kind", "number", "since", "until")
_LINES_PER_READ = 1_000
_ARGUMENT = re.compile("<[^>]*>")
_OF_ACT = ("act", "of", "arguments")
_PAGES = {"donation": ("donation", "donation_id"), "campaign": ("campaign", "slug"), "pot": ("pot", "pot_id")}


@blueprint.get("/audit", endpoint="audit")
@access.signed_in(Permission.AUDIT_READ, where=Where.LISTED)
def list_entries() -> str:
    """List the matching entries, newest first."""
    form = Form(request.args)
    query = _query(form)
    with deps().db.transaction() as tx:
        page = None if form.faults else _found(tx, query)
        names = subject_names(tx, (entry.subject for entry in page.entries)) if page else {}
    return render_template(
        "console/audit.html",
        form=form,
        page=page,
        filters={name: form[name] for name in FILTERS if form[name]},
        names={subject: named.name for subject, named in names.items()},
        address_of=lambda subject: _address(subject, names),
        groups=GROUPS,
        kinds=SUBJECTS,
        act_text=act_text,
        subject_text=subject_text,
        changes=changes,
    )


@blueprint.get(f"/audit{FORMATS}", endpoint="audit_file")
@access.signed_in(Permission.AUDIT_READ, where=Where.LISTED)
@heavy
def export(file_format: str) -> Response | str:
    """Export all matching entries as a spreadsheet."""
    form = Form(request.args)
    query = _query(form)
    if form.faults:
        return list_entries()
    with deps().db.transaction() as tx:
        record_audit(tx, access.actor(), "export.audit", f"manager:{g.caller.manager_id}")
    header = (_("时间（北京）"), _("谁"), _("做了什么"), _("对象"), _("内容"), _("来自网络"), _("代码"), _("编号"))
    rows = chain.from_iterable(_pages(query))
    return table_response(file_format, "audit-trail", header, rows)


def _pages(query: AuditQuery) -> Iterator[list[tuple[Any, ...]]]:
    while True:
        with deps().db.transaction() as tx:
            page = _found(tx, query, _LINES_PER_READ)
            names = subject_names(tx, (entry.subject for entry in page.entries))
        yield [
            (
                entry.at,
                actor_name(entry.actor),
                act_text(entry.action),
                subject_text(entry.subject, names[entry.subject].name if entry.subject in names else ""),
                changes_text(entry.detail),
                entry.address,
                f"{entry.action} {entry.subject}",
                entry.id,
            )
            for entry in page.entries
        ]
        if page.before is None:
            return
        query = replace(query, before=page.before)


def _found(tx: Tx, query: AuditQuery, most: int = MOST_SHOWN) -> AuditPage:
    """Return the matching entries with their details in words."""
    page = search(tx, query, most)
    approvals = approvals_in(tx, {entry.subject for entry in page.entries})
    names = names_of(tx, approvals.values())
    sentences = {subject: approval_text(approval, names) for subject, approval in approvals.items()}
    details = named_details(tx, [_worded(entry.detail, sentences.get(entry.subject, "")) for entry in page.entries])
    return page._replace(
        entries=[entry._replace(detail=detail) for entry, detail in zip(page.entries, details, strict=True)]
    )


def _query(form: Form) -> AuditQuery:
    """Return the query of a form; unreadable fields are noted in `form.faults`."""
    kind, number = form["kind"], form.text("number", 100)
    if number and not kind:
        form.faults["kind"] = fault_text(fault("required"))
    before = form.whole("before")
    return AuditQuery(
        subject=f"{kind}:{number}" if kind and number else None,
        kind=None if number else kind or None,
        actor=form.text("actor", 200),
        action=form.text("act", 100),
        since=form.moment("since"),
        until=_until(form),
        before=before if before and before <= MOST_ID else None,
        branch=scope.branch(),
    )


def _until(form: Form) -> Any:
    """Return the end of the period. A day counts to its end."""
    try:
        return read_moment(form["until"]).until if form["until"] else None
    except Unreadable as unreadable:
        form.faults["until"] = fault_text(unreadable.fault)
        return None


def _worded(detail: Mapping[str, Any], act: str = "") -> Mapping[str, Any]:
    """Return the details of an entry with what it is about in words: the page of a refused route, or a cause.
    `act`: the act of an approval in words; it replaces the ids that were recorded of it."""
    if act:
        return {"act": act, **{name: value for name, value in detail.items() if name not in _OF_ACT}}
    return {**detail, "about": _about(detail["about"])} if detail.get("about") else detail


def _about(text: str) -> str:
    """Return a refused route (`POST /console/funds/<int:fund_id>`) as 办理“基金”（/funds/…）, a cause in words."""
    method, _space, rule = text.partition(" ")
    if not rule.startswith("/"):
        return code_text(text)
    path = _ARGUMENT.sub("…", rule.removeprefix("/console").removeprefix("/api/v1"))
    page = label_of(path.split("/")[1]) if path else label_of("home")
    named = {"place": page or _("其他"), "path": path or "/"}
    shown = (
        _("查看“%(place)s”（%(path)s）", **named)
        if method in ("GET", "HEAD")
        else _("办理“%(place)s”（%(path)s）", **named)
    )
    return _("通过接口%(what)s", what=shown) if rule.startswith("/api/") else shown


def _address(subject: str, names: dict[str, Named]) -> str:
    """Return the page of an entry's subject; '' if it has none."""
    kind, _colon, key = subject.partition(":")
    if kind not in _PAGES or (kind != "donation" and subject not in names):
        return ""
    endpoint, argument = _PAGES[kind]
    arguments: dict[str, Any] = {argument: names[subject].key if subject in names else key}
    return url_for(f"console.{endpoint}", **arguments)
