"""Yearly goals of the federation. They are set here and compared with the books of the year and of the year
before."""

from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import changed, record_audit
from campaigns.donations.states import COUNTED
from campaigns.goals.models import YearlyGoal
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Invalid, fault
from kernel.money import BPS_WHOLE, MAX_MINOR, amount_fault, proportion

FIRST_YEAR, LAST_YEAR = 2000, 2199
SET = "goal.set"


class NewGoal(NamedTuple):
    """A goal to set: amounts in fen, and the online share of the money in basis points."""

    year: int
    money_minor: int
    goods_minor: int = 0
    online_bps: int = 0


class YearReached(NamedTuple):
    """What was received in a year, in fen: gifts of the campaigns that opened in it, less refunds; the offline part
    of these gifts; deposits into funds; and the confirmed value of goods."""

    year: int
    gifts_minor: int
    offline_minor: int
    deposits_minor: int
    goods_minor: int

    @property
    def money_minor(self) -> int:
        return self.gifts_minor + self.deposits_minor

    @property
    def online_bps(self) -> int:
        """The share of the money that came through campaigns and not offline, in basis points; 0 if there is
        none."""
        return proportion(BPS_WHOLE, self.gifts_minor - self.offline_minor, self.money_minor)


class Progress(NamedTuple):
    """A year, the year before it, and its goal, if one was set."""

    reached: YearReached
    before: YearReached
    goal: YearlyGoal | None

    @property
    def money_bps(self) -> int:
        """The money received, in basis points of its goal; 0 without a goal."""
        return proportion(BPS_WHOLE, self.reached.money_minor, self.goal.money_minor if self.goal else 0)

    @property
    def goods_bps(self) -> int:
        """The goods received, in basis points of their goal; 0 without a goal."""
        return proportion(BPS_WHOLE, self.reached.goods_minor, self.goal.goods_minor if self.goal else 0)


def set_goal(tx: Tx, new: NewGoal, actor: str) -> YearlyGoal:
    """Set or change the goal of a year. Raises Invalid `goal_invalid`."""
    faults = {}
    if not FIRST_YEAR <= new.year <= LAST_YEAR:
        faults["year"] = fault("out_of_range", least=FIRST_YEAR, most=LAST_YEAR)
    if refused := amount_fault(new.money_minor):
        faults["money_minor"] = refused
    if not 0 <= new.goods_minor <= MAX_MINOR:
        faults["goods_minor"] = fault("amount_out_of_range", least_minor=0, most_minor=MAX_MINOR)
    if not 0 <= new.online_bps <= BPS_WHOLE:
        faults["online_bps"] = fault("share_out_of_range", least_share_bps=0, most_share_bps=BPS_WHOLE)
    if faults:
        raise Invalid("goal_invalid", fields=faults)
    goal = lock_goal(tx, new.year)
    before = {name: getattr(goal, name) if goal else None for name in NewGoal._fields}
    if goal is None:
        goal = YearlyGoal(**new._asdict(), set_by=actor, set_at=tx.now)
    for name, value in new._asdict().items():
        setattr(goal, name, value)
    goal.set_by, goal.set_at = actor, tx.now
    record_audit(tx, actor, SET, f"goal:{new.year}", **changed(before, new._asdict()))
    return tx.add(goal)


def lock_goal(tx: Tx, year: int) -> YearlyGoal | None:
    """Lock and return the goal of a year; None if none is set."""
    return tx.get(YearlyGoal, year, lock=True)


def progress(tx: Tx, year: int | None = None) -> Progress:
    """Return the progress of a year, by default the current one."""
    year = year or local_day(tx.now).year
    figures = {row.year: row for row in _reached(tx)}
    reached, before = (figures.get(number, YearReached(number, 0, 0, 0, 0)) for number in (year, year - 1))
    return Progress(reached, before, tx.get(YearlyGoal, year))


def years(tx: Tx) -> list[Progress]:
    """Return the current year and each year that has a goal or received something, newest first."""
    figures = {row.year: row for row in _reached(tx)}
    goals = {goal.year: goal for goal in tx.all(select(YearlyGoal).order_by(col(YearlyGoal.year)))}
    shown = sorted(figures.keys() | goals.keys() | {local_day(tx.now).year}, reverse=True)
    return [
        Progress(
            figures.get(year, YearReached(year, 0, 0, 0, 0)),
            figures.get(year - 1, YearReached(year - 1, 0, 0, 0, 0)),
            goals.get(year),
        )
        for year in shown
    ]


def _reached(tx: Tx) -> list[YearReached]:
    """Return the figures of all years from the balances of the books. Of the donations only offline ones are
    read."""
    return tx.rows_as(
        YearReached,
        """WITH event AS (SELECT id, CAST(extract(year FROM opens_at AT TIME ZONE 'Asia/Shanghai') AS int) AS year
                            FROM campaign),
                came AS (
                  SELECT e.year, r.raised_minor AS gifts, 0 AS offline, 0 AS deposits, 0 AS goods
                    FROM project_raised r JOIN event e ON e.id = r.campaign_id
                  UNION ALL
                  SELECT e.year, 0, d.amount_minor - d.refunded_minor, 0, 0
                    FROM donation d JOIN event e ON e.id = d.campaign_id
                   WHERE d.channel = 'offline' AND d.status = ANY(:counted)
                  UNION ALL
                  SELECT CAST(extract(year FROM f.booked_at AT TIME ZONE 'Asia/Shanghai') AS int), 0, 0,
                         f.amount_minor, 0
                    FROM fund_entry f
                  UNION ALL
                  SELECT CAST(extract(year FROM g.received_on) AS int), 0, 0, 0, g.value_minor
                    FROM goods g WHERE g.state = 'confirmed')
           SELECT year, CAST(sum(gifts) AS bigint) AS gifts_minor, CAST(sum(offline) AS bigint) AS offline_minor,
                  CAST(sum(deposits) AS bigint) AS deposits_minor, CAST(sum(goods) AS bigint) AS goods_minor
             FROM came GROUP BY year
           HAVING sum(gifts) <> 0 OR sum(deposits) <> 0 OR sum(goods) <> 0 ORDER BY year""",
        counted=sorted(COUNTED),
    )
