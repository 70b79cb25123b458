"""The yearly goals of the federation and the progress of each year."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.forms import ConsoleForm
from app.console.written import PREFIX, require_own, shown_before
from app.current import deps
from app.forms import format_yuan
from app.http import access
from app.http.scope import Where
from campaigns.goals.goals import SET, NewGoal, lock_goal, set_goal, years
from campaigns.goals.models import YearlyGoal
from campaigns.network.roles import Caller, Permission
from kernel.clock import local_day
from kernel.db import Tx
from kernel.money import percent


@blueprint.get("/goals", endpoint="goals")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
def show() -> str:
    """Show each year with its goal, what was received, and the previous year for comparison."""
    return _page(None)


@blueprint.post("/goals", endpoint="goal_set")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE, where=Where.FEDERATION)
def save() -> str | Response:
    """Set the goal of a year, or the fields of it that were changed."""
    form = ConsoleForm(request.form)
    new = NewGoal(
        form.whole("year") or 0,
        form.amount("money_minor") or 0,
        form.amount("goods_minor") or 0,
        form.share("online_bps") or 0,
    )

    def do(tx: Tx, caller: Caller) -> str | None:
        return _set(tx, form, new, caller.name)

    if form.faults:
        return _page(form)
    back = act(Permission.CAMPAIGNS_WRITE, url_for("console.goals"), do, _("目标已保存。"), form)
    return _page(form) if form.faults else back


def _set(tx: Tx, form: ConsoleForm, new: NewGoal, actor: str) -> str | None:
    """Store the changed fields of a goal. Raises what `set_goal` raises, and Conflict `changed_meanwhile`."""
    goal = lock_goal(tx, new.year)
    now = _texts(goal)
    for name in now:  # the page sends these per year, and none for a year without a goal
        form.data[PREFIX + name] = form.data.get(f"{PREFIX}{new.year}.{name}", "")
    names = require_own(tx, f"goal:{new.year}", form, _texts(new), now, action=SET)
    if goal and not names:
        return _("没有改动。")
    stored = NewGoal(new.year, goal.money_minor, goal.goods_minor, goal.online_bps) if goal else new
    set_goal(tx, stored._replace(**{name: getattr(new, name) for name in names}), actor)
    return None


def _page(form: ConsoleForm | None) -> str:
    with deps().db.snapshot() as tx:
        rows, this_year = years(tx), local_day(tx.now).year
    goals = {row.reached.year: _texts(row.goal) for row in rows}
    was = {f"{year}.{name}": text for year, texts in goals.items() for name, text in texts.items()}
    if form is not None and not form.overtaken:
        was = shown_before(form, was)
    form = form or ConsoleForm({"year": str(this_year), **goals[this_year]})
    return render_template("console/goals.html", rows=rows, form=form, was=was)


def _texts(goal: YearlyGoal | NewGoal | None) -> dict[str, str]:
    """Return a goal as its form fields show it."""
    if goal is None:
        return dict.fromkeys(("money_minor", "goods_minor", "online_bps"), "")
    sums = {name: format_yuan(getattr(goal, name)) for name in ("money_minor", "goods_minor")}
    return {**sums, "online_bps": percent(goal.online_bps)}
