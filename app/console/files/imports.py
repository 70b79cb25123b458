"""Imports of files: upload one, check the preview, confirm it, and follow the result."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, refusal_sentence
from app.current import deps
from app.http import access
from app.http.off_loop import off_loop
from app.http.scope import Where
from app.http.security_events import notice_refusal
from app.http.uploads import uploaded_file
from app.i18n.import_texts import needed_columns, place_of, sum_line
from app.i18n.refusals.faults import fault_text
from app.i18n.refusals.refusals import code_text
from app.web.blueprint import requested_page
from campaigns.import_plan import Sum
from campaigns.imports import runs
from campaigns.imports.models import ImportRun, State
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Fault, Refusal
from payments.partners.partners import list_partners

ROWS = 20
_RUNNING = (State.CHECKING, State.CONFIRMED)
_IMPORTERS = (Permission.RECONCILE, Permission.FUNDS_WRITE, Permission.PROJECTS_WRITE, Permission.PEOPLE_WRITE)


@blueprint.get("/imports", endpoint="imports")
@access.signed_in(*_IMPORTERS, where=Where.LISTED)
def list_imports() -> str:
    """Show the upload form and the imports so far."""
    return _listed()


@blueprint.post("/imports", endpoint="import_upload")
@access.signed_in(*_IMPORTERS, where=Where.NAMED)
def upload() -> Any:
    """Store an uploaded file and show its preview."""
    kind, partner = request.form.get("kind", ""), request.form.get("partner", "")
    file = uploaded_file(request)
    try:
        partner = partner if kind == "statement" else ""
        run = runs.upload(deps(), g.caller, kind, file.data, file.name, partner, apart=off_loop)
    except Refusal as refusal:
        notice_refusal(refusal)
        return _listed(refusal_sentence(refusal)), 422
    return redirect(url_for("console.import_run", run_id=run.id), 303)


def _listed(refused: str = "") -> str:
    page = requested_page(ROWS)
    with deps().db.transaction() as tx:
        rows, total = runs.list_runs(tx, g.caller, page)
        partners = list_partners(tx)
    kinds = runs.kinds_of(g.caller)
    return render_template(
        "console/imports.html",
        rows=rows,
        page=page,
        total=total,
        kinds=kinds,
        columns={kind: needed_columns(kind) for kind in kinds},
        partners=partners,
        chosen=request.values.get("kind", ""),
        refused=refused,
        most_mib=runs.MOST_BYTES >> 20,
    )


@blueprint.get("/imports/<int:run_id>", endpoint="import_run")
@access.signed_in(*_IMPORTERS)
def show(run_id: int) -> str:
    """Show an import: its preview, faults and progress."""
    with deps().db.transaction() as tx:
        run = runs.find(tx, g.caller, run_id)
    report = run.report
    headings = report.get("headings", {})
    codes = {question["code"] for question in report.get("questions", ())}
    return render_template(
        "console/import.html",
        run=run,
        running=run.state in _RUNNING,
        refusal=code_text(report["code"]) if "code" in report else "",
        sums=[sum_line(Sum(**part)) for part in report.get("sums", ()) if part["rows"]],
        codes=codes,
        times=[datetime.fromisoformat(report[name]) for name in ("first_at", "last_at") if report.get(name)],
        needs_reason=bool(codes & runs.WITH_REASON),
        **{name: _worded(run.kind, report.get(name, ()), headings) for name in ("faults", "questions", "warnings")},
    )


def _worded(kind: str, rows: Any, headings: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return faults as pairs of place and sentence. Equal faults of one column share a pair."""
    lines: dict[tuple[str, str], list[int | None]] = {}
    for row in rows:
        sentence = fault_text(Fault(row["code"], row["params"]))
        lines.setdefault((row["field"], sentence), []).append(row["line"])
    return [(place_of(kind, numbers, field, headings), sentence) for (field, sentence), numbers in lines.items()]


@blueprint.post("/imports/<int:run_id>/confirm", endpoint="import_confirm")
@access.signed_in(*_IMPORTERS)
def confirm(run_id: int) -> Response:
    """Confirm an import after its preview."""
    form = request.form

    def do(tx: Tx, caller: Caller) -> ImportRun:
        large = form.get("large") == "yes"
        return runs.confirm(tx, caller, run_id, form.get("token", ""), form.get("reason", ""), large=large)

    return act(None, url_for("console.import_run", run_id=run_id), do, _("已确认，正在导入。"))


@blueprint.post("/imports/<int:run_id>/drop", endpoint="import_drop")
@access.signed_in(*_IMPORTERS)
def drop(run_id: int) -> Response:
    """Discard an import after its preview."""
    back = url_for("console.imports")
    return act(None, back, lambda tx, caller: runs.drop(tx, caller, run_id), _("已放弃这次导入，文件已删除。"))
