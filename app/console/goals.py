"""The yearly goals of the federation, and how far each year is."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.forms import ConsoleForm
from app.current import deps
from app.forms import format_yuan
from app.http import access
from app.http.scope import Where
from campaigns.goals.goals import NewGoal, Progress, set_goal, years
from campaigns.network.roles import Caller, Permission
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Refusal
from kernel.money import percent


@blueprint.get("/goals", endpoint="goals")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
def show() -> str:
    """Each year with its goal, what came, and the year before beside it."""
    return _page(None)


@blueprint.post("/goals", endpoint="goal_set")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE, where=Where.FEDERATION)
def save() -> str | Response:
    """Set the goal of a year."""
    form = ConsoleForm(request.form)
    new = NewGoal(
        form.whole("year") or 0,
        form.amount("money_minor") or 0,
        form.amount("goods_minor") or 0,
        form.ratio("online_bps") or 0,
    )

    def do(tx: Tx, caller: Caller) -> None:
        try:
            set_goal(tx, new, caller.name)
        except Refusal as refusal:
            form.add_refusal(refusal)
            raise

    if form.faults:
        return _page(form)
    back = act(Permission.CAMPAIGNS_WRITE, url_for("console.goals"), do, _("目标已保存。"))
    return _page(form) if form.faults else back


def _page(form: ConsoleForm | None) -> str:
    with deps().db.snapshot() as tx:
        rows, this_year = years(tx), local_day(tx.now).year
    form = form or ConsoleForm(_texts(next(row for row in rows if row.reached.year == this_year)))
    return render_template("console/goals.html", rows=rows, form=form)


def _texts(row: Progress) -> dict[str, str]:
    """Return the goal of a year as its form has it."""
    if row.goal is None:
        return {"year": str(row.reached.year)}
    sums = {name: format_yuan(getattr(row.goal, name)) for name in ("money_minor", "goods_minor")}
    return {"year": str(row.goal.year), **sums, "online_bps": percent(row.goal.online_bps)}
