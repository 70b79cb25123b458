"""Monthly statements of the manager's branch, and notices that correct them."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.console.effects import Change, Typed, amount_of, effect_page
from app.current import deps
from app.duties import perform
from app.forms import Form
from app.http import access, scope
from app.http.scope import Where
from app.i18n.labels import word
from app.i18n.monthly import STATEMENT_FIGURES
from app.web.blueprint import requested_page
from campaigns.monthly import corrections, reading
from campaigns.monthly.corrections import OF_FUNDS, OF_LINES, RightFigure, differences, newest
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.money import yuan

PAGE_SIZE = 50


@blueprint.get("/monthly", endpoint="monthly")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_statements() -> str:
    """List the statements of the manager's branch, newest month first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows, total = reading.statements(tx, None, scope.branch(), page)
    return render_template("console/monthly.html", rows=rows, total=total, page=page)


@blueprint.post("/monthly/<code>/<month>/corrections", endpoint="monthly_correct")
@access.signed_in_to_act(Permission.FUNDS_WRITE)
def correct(code: str, month: str) -> Response:
    """Publish a notice of correction beside a statement."""
    text = Form(request.form)["text"]
    return act(
        Permission.FUNDS_WRITE,
        url_for("console.monthly"),
        lambda tx, _caller: said_of(perform(tx, "monthly.correct", code, text, month=month, figures=[])),
        _("更正说明已公示。"),
    )


@blueprint.route("/monthly/<code>/<month>/figures", methods=["GET", "POST"], endpoint="monthly_figures")
@access.signed_in(Permission.FUNDS_WRITE)
def correct_figure(code: str, month: str) -> str | Response:
    """Correct a figure of a statement: choose the figure, enter the right value, and publish after a preview."""
    line, figure = request.args.get("line", ""), request.args.get("figure", "")
    with deps().db.transaction() as tx:
        published = reading.published(tx, code, month)
        before = newest(tx, published.id, published.statement)
    if not line or figure not in (*OF_LINES, *OF_FUNDS):
        return render_template(
            "console/monthly_figures.html", statement=before, of_lines=OF_LINES, of_funds=OF_FUNDS
        )

    names = {each["code"]: each["name"] for each in before["lines"]}

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        right = [RightFigure(line, figure, amount_of(typed.form))]
        corrected = corrections.correct(tx, code, month, typed.reason, typed.caller.name, right)
        above = _("、").join(reading.names_above(tx, code, month))
        return [
            *_effect(before, corrected.statement or {}),
            _("原来的月报和哈希值都不改，更正后的整份月报附在旁边。"),
            *([_("上级的月报不会跟着改，各自另作更正：%(names)s。", names=above)] if above else []),
        ]

    change = Change(
        Permission.FUNDS_WRITE,
        _("更正月报数字"),
        f"{before['name']} {month} · {names.get(line, line)} · {word(STATEMENT_FIGURES, figure)}",
        url_for("console.monthly_figures", code=code, month=month),
        make,
        _("公示更正"),
        _("更正说明已公示。"),
        amount=_("应为（元）"),
        act="monthly.correct",
        subject=code,
        arguments={"month": month, "figures": [{"line": line, "figure": figure}]},
    )
    return effect_page(change)


def _effect(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [
        _(
            "%(name)s：%(figure)s 从 %(before)s 更正为 %(after)s。",
            name=each.name,
            figure=word(STATEMENT_FIGURES, each.figure),
            before=yuan(each.before_minor),
            after=yuan(each.after_minor),
        )
        for each in differences(before, after)
    ]
