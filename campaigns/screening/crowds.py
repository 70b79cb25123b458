"""How many gave the same sum at the same place and time: counted in cells of time, so that one count serves all.

A cell is half as long as the window of the rule. What lies around a donation is its own cell and the busier one
of the two beside it: never less than half a window, never more than a whole one.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from kernel.db import Tx
from matching.screening import NOBODY, SHOWN, Crowd, Thresholds

if TYPE_CHECKING:
    from campaigns.screening.around import Subject


class _Kind(NamedTuple):
    """A kind of place: the column that names it, its type, and which donations count as the same."""

    column: str
    type: str
    counts: str
    only: str = "true"


_PROJECT = _Kind("project_id", "bigint", "n.donations <= 1")
_TEAM = _Kind("team", "text", "true", "d.team <> ''")
_SOURCE = _Kind("source_code", "text", "true", "d.source_code <> '' AND d.channel <> 'partner'")


class Cell(NamedTuple):
    """A place (project, team or source code of a campaign) during half a window."""

    campaign_id: int
    place: Any
    number: int


class _Count(NamedTuple):
    same: int
    donations: tuple[UUID, ...]


class _Cells:
    """Counts by cell and sum."""

    def __init__(self, tx: Tx, kind: _Kind, half_s: int, wanted: set[Cell]) -> None:
        self.half_s = half_s
        self.all: dict[Cell, int] = {}
        self.same: dict[tuple[Cell, int], _Count] = {}
        for row in _rows(tx, kind, half_s, sorted(wanted)) if wanted else ():
            cell = Cell(row.campaign, row.place, row.cell)
            self.all[cell] = self.all.get(cell, 0) + row.every
            self.same[cell, row.amount_minor] = _Count(row.same, tuple(row.some or ()))

    def around(self, one: "Subject", place: Any) -> Crowd:
        """The crowd around a donation at a place."""
        own = _cell(one, place, self.half_s)
        return max(self._pair(own, own._replace(number=own.number + step), one.amount_minor) for step in (-1, 1))

    def _pair(self, own: Cell, beside: Cell, amount_minor: int) -> Crowd:
        here = self.same.get((own, amount_minor), _Count(0, ()))
        there = self.same.get((beside, amount_minor), _Count(0, ()))
        every = self.all.get(own, 0) + self.all.get(beside, 0)
        return Crowd(here.same + there.same, every, (here.donations + there.donations)[:SHOWN])


class Crowds(NamedTuple):
    """The crowds around the donations of one batch."""

    projects: _Cells
    teams: _Cells
    sources: _Cells

    def same_sum(self, one: "Subject") -> Crowd:
        """New donors who gave the same sum to the same project."""
        return self.projects.around(one, one.project_id)

    def unit(self, one: "Subject") -> Crowd:
        """Donations of the same sum from the same team or source code, whichever brings more."""
        team = self.teams.around(one, one.team) if one.team else NOBODY
        source = self.sources.around(one, one.source) if one.source else NOBODY
        return max(team, source)


def crowds(tx: Tx, asked: Sequence["Subject"], limits: Thresholds) -> Crowds:
    """Count around these donations: three statements, whatever their number."""
    half, unit_half = max(limits.same_sum_within_s // 2, 1), max(limits.unit_within_s // 2, 1)
    projects = {cell for one in asked for cell in _beside(_cell(one, one.project_id, half))}
    teams = {cell for one in asked if one.team for cell in _beside(_cell(one, one.team, unit_half))}
    sources = {cell for one in asked if one.source for cell in _beside(_cell(one, one.source, unit_half))}
    return Crowds(
        _Cells(tx, _PROJECT, half, projects),
        _Cells(tx, _TEAM, unit_half, teams),
        _Cells(tx, _SOURCE, unit_half, sources),
    )


def _cell(one: "Subject", place: Any, half_s: int) -> Cell:
    return Cell(one.campaign_id, place, int(one.paid_at.timestamp()) // half_s)


def _beside(cell: Cell) -> list[Cell]:
    return [cell._replace(number=cell.number + step) for step in (-1, 0, 1)]


def _rows(tx: Tx, kind: _Kind, half_s: int, wanted: Sequence[Cell]) -> Sequence[Any]:
    return tx.rows(
        f"""SELECT u.campaign, u.place, u.cell, d.amount_minor, count(*) AS every,
                   count(*) FILTER (WHERE {kind.counts}) AS same,
                   (array_agg(d.id ORDER BY d.paid_at, d.id) FILTER (WHERE {kind.counts}))[1:{SHOWN}] AS some
              FROM unnest(CAST(:campaigns AS bigint[]), CAST(:places AS {kind.type}[]), CAST(:cells AS bigint[]))
                   AS u(campaign, place, cell)
              JOIN donation d ON d.campaign_id = u.campaign AND d.{kind.column} = u.place AND {kind.only}
               AND d.paid_at >= to_timestamp(u.cell * :half) AND d.paid_at < to_timestamp((u.cell + 1) * :half)
              LEFT JOIN campaign_donor n ON n.campaign_id = d.campaign_id AND n.donor_key = d.donor_key
             GROUP BY u.campaign, u.place, u.cell, d.amount_minor""",
        campaigns=[cell.campaign_id for cell in wanted],
        places=[cell.place for cell in wanted],
        cells=[cell.number for cell in wanted],
        half=half_s,
    )
