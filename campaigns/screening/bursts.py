"""How many gave the same sum at the same place and time: counted in cells of time, so that one count serves all.

A cell is half as long as the window of the rule. What lies around a donation is its own cell and the busier one
of the two beside it: never less than half a window, never more than a whole one.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.screening.signals import NO_BURST, SHOWN, Burst
from campaigns.screening.subject import ScreeningSubject
from campaigns.screening.thresholds import Thresholds
from kernel.db import Tx
from kernel.money import BPS_WHOLE


class _Kind(NamedTuple):
    """A kind of place: the column that names it, its type, and which donations count as the same."""

    column: str
    type: str
    counts: str
    only: str = "true"

    @property
    def inside(self) -> str:
        """Which donations lie in the cell `u`."""
        return (
            f"d.campaign_id = u.campaign AND d.{self.column} = u.place AND {self.only} "
            "AND d.paid_at >= to_timestamp(u.number * :half) AND d.paid_at < to_timestamp((u.number + 1) * :half)"
        )


_PROJECT = _Kind("project_id", "bigint", "n.donations <= 1")
_TEAM = _Kind("team", "text", "true", "d.team <> ''")
_SOURCE = _Kind("source_code", "text", "true", "d.source_code <> '' AND d.channel <> 'partner'")


class Cell(NamedTuple):
    """A place (project, team or source code of a campaign) during half a window."""

    campaign_id: int
    place: Any
    number: int


class _Rule(NamedTuple):
    """From where on a crowd may be a sign: so many of one sum, and such a share of all."""

    count: int
    share_bps: int

    def may_hit(self, crowd: Burst) -> bool:
        return crowd.same >= self.count and crowd.same * BPS_WHOLE >= crowd.all * self.share_bps


class _Cells:
    """Counts by cell and sum. Who of a crowd counts, and who they are, is asked only where it may be a sign."""

    def __init__(
        self, tx: Tx, kind: _Kind, half_s: int, rule: _Rule, places: Sequence[tuple[ScreeningSubject, Any]]
    ) -> None:
        self.half_s = half_s
        self.rule = rule
        self.all: dict[Cell, int] = {}
        self.same: dict[tuple[Cell, int], int] = {}
        self.named: dict[tuple[Cell, int], tuple[UUID, ...]] = {}
        own = {(_cell(one, place, half_s), one.amount_minor) for one, place in places}
        for row in _counts(tx, kind, half_s, sorted({cell for mine, _ in own for cell in _beside(mine)})):
            cell = Cell(row.campaign, row.place, row.number)
            self.all[cell] = self.all.get(cell, 0) + row.every
            self.same[cell, row.amount_minor] = row.every
        near = {
            (cell, amount)
            for mine, amount in own
            if rule.may_hit(self._best(mine, amount))
            for cell in _beside(mine)
        }
        for row in _names(tx, kind, half_s, sorted(near)):
            key = Cell(row.campaign, row.place, row.number), row.amount_minor
            self.same[key], self.named[key] = row.same, tuple(row.some or ())

    def around(self, one: ScreeningSubject, place: Any) -> Burst:
        """The crowd around a donation at a place."""
        return self._best(_cell(one, place, self.half_s), one.amount_minor)

    def _best(self, own: Cell, amount_minor: int) -> Burst:
        """The one of the two windows that may be a sign, else the fuller one."""
        both = [self._pair(own, own._replace(number=own.number + step), amount_minor) for step in (-1, 1)]
        return max(both, key=lambda crowd: (self.rule.may_hit(crowd), crowd))

    def _pair(self, own: Cell, beside: Cell, amount_minor: int) -> Burst:
        keys = ((own, amount_minor), (beside, amount_minor))
        some = [id_ for key in keys for id_ in self.named.get(key, ())]
        every = self.all.get(own, 0) + self.all.get(beside, 0)
        return Burst(sum(self.same.get(key, 0) for key in keys), every, tuple(some[:SHOWN]))


class Bursts(NamedTuple):
    """The crowds around the donations of one batch."""

    projects: _Cells
    teams: _Cells
    sources: _Cells

    def same_sum(self, one: ScreeningSubject) -> Burst:
        """New donors who gave the same sum to the same project."""
        return self.projects.around(one, one.project_id)

    def unit(self, one: ScreeningSubject) -> Burst:
        """Donations of the same sum from the same team or source code, whichever brings more."""
        team = self.teams.around(one, one.team) if one.team else NO_BURST
        source = self.sources.around(one, one.source) if one.source else NO_BURST
        return max(team, source)


def load_bursts(tx: Tx, asked: Sequence[ScreeningSubject], limits: Thresholds) -> Bursts:
    """Count around these donations: a statement a kind of place, and a second one where there is a crowd."""
    half, unit_half = max(limits.same_sum_within_s // 2, 1), max(limits.unit_within_s // 2, 1)
    rule = _Rule(limits.same_sum_count, limits.same_sum_share_bps)
    unit = _Rule(limits.unit_count, limits.unit_share_bps)
    return Bursts(
        _Cells(tx, _PROJECT, half, rule, [(one, one.project_id) for one in asked]),
        _Cells(tx, _TEAM, unit_half, unit, [(one, one.team) for one in asked if one.team]),
        _Cells(tx, _SOURCE, unit_half, unit, [(one, one.source) for one in asked if one.source]),
    )


def _cell(one: ScreeningSubject, place: Any, half_s: int) -> Cell:
    return Cell(one.campaign_id, place, int(one.paid_at.timestamp()) // half_s)


def _beside(cell: Cell) -> list[Cell]:
    return [cell._replace(number=cell.number + step) for step in (-1, 0, 1)]


def _counts(tx: Tx, kind: _Kind, half_s: int, cells: Sequence[Cell]) -> Sequence[Any]:
    """How many of each sum there are in each cell."""
    if not cells:
        return ()
    return tx.rows(
        f"""SELECT u.campaign, u.place, u.number, d.amount_minor, count(*) AS every
              FROM unnest(CAST(:campaigns AS bigint[]), CAST(:places AS {kind.type}[]), CAST(:numbers AS bigint[]))
                   AS u(campaign, place, number)
              JOIN donation d ON {kind.inside}
             GROUP BY u.campaign, u.place, u.number, d.amount_minor""",
        campaigns=[cell.campaign_id for cell in cells],
        places=[cell.place for cell in cells],
        numbers=[cell.number for cell in cells],
        half=half_s,
    )


def _names(tx: Tx, kind: _Kind, half_s: int, crowds: Sequence[tuple[Cell, int]]) -> Sequence[Any]:
    """Who of these crowds counts, and some of their donations."""
    if not crowds:
        return ()
    return tx.rows(
        f"""SELECT u.campaign, u.place, u.number, d.amount_minor, count(*) FILTER (WHERE {kind.counts}) AS same,
                   (array_agg(d.id ORDER BY d.paid_at, d.id) FILTER (WHERE {kind.counts}))[1:{SHOWN}] AS some
              FROM unnest(CAST(:campaigns AS bigint[]), CAST(:places AS {kind.type}[]), CAST(:numbers AS bigint[]),
                          CAST(:amounts AS bigint[])) AS u(campaign, place, number, amount)
              JOIN donation d ON {kind.inside} AND d.amount_minor = u.amount
              LEFT JOIN campaign_donor n ON n.campaign_id = d.campaign_id AND n.donor_key = d.donor_key
             GROUP BY u.campaign, u.place, u.number, d.amount_minor""",
        campaigns=[cell.campaign_id for cell, _ in crowds],
        places=[cell.place for cell, _ in crowds],
        numbers=[cell.number for cell, _ in crowds],
        amounts=[amount for _, amount in crowds],
        half=half_s,
    )
