"""Yearly goals of the federation, and the progress of each year."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.schema_fields import Currency, Minor, Text, Time, Whole
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.goals.goals import FIRST_YEAR, LAST_YEAR, NewGoal, Progress, progress, set_goal, years
from campaigns.network.roles import Permission
from kernel.money import BPS_WHOLE, CURRENCY

blueprint = make_blueprint("goals", "Yearly goals of the federation.")


class GoalIn(Schema):
    year = Whole(FIRST_YEAR, LAST_YEAR, required=True)
    money_minor = Minor(required=True)
    goods_minor = Minor(0, load_default=0, metadata={"description": "value of goods; never added to money"})
    online_bps = Whole(0, BPS_WHOLE, load_default=0, metadata={"description": "share of the money, basis points"})


class GoalOut(GoalIn):
    set_by = Text()
    set_at = Time()


class YearReachedOut(Schema):
    year = Whole()
    money_minor = Whole(metadata={"description": "gifts of the year's events, and deposits into funds"})
    gifts_minor = Whole()
    offline_minor = Whole(metadata={"description": "the part of the gifts that came offline"})
    deposits_minor = Whole()
    goods_minor = Whole(metadata={"description": "value of goods that a second person has confirmed"})
    online_bps = Whole()


class ProgressOut(Schema):
    reached = fields.Nested(YearReachedOut)
    before = fields.Nested(YearReachedOut, metadata={"description": "the year before"})
    goal = fields.Nested(GoalOut, allow_none=True)
    money_bps = Whole(metadata={"description": "of the goal"})
    goods_bps = Whole()
    currency = Currency()


@blueprint.get("/yearly-goals")
@access.managers(Permission.READ, where=Where.FEDERATION)
@blueprint.response(200, ProgressOut(many=True))
def list_years() -> Any:
    """List each year with the amount raised and its goal, newest first."""
    with deps().db.snapshot() as tx:
        return [_shown(row) for row in years(tx)]


@blueprint.post("/yearly-goals")
@access.managers(Permission.CAMPAIGNS_WRITE, where=Where.FEDERATION)
@blueprint.arguments(GoalIn)
@blueprint.response(200, ProgressOut)
def save(body: dict[str, Any]) -> Any:
    """Set or change the goal of a year."""
    with deps().db.transaction() as tx:
        set_goal(tx, NewGoal(**body), access.actor())
        return _shown(progress(tx, body["year"]))


def _shown(row: Progress) -> dict[str, Any]:
    sums = {name: getattr(row, name) for name in ("reached", "before", "goal", "money_bps", "goods_bps")}
    return {**sums, "currency": CURRENCY}
