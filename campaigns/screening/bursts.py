"""Bursts: how many donations of the same amount came to one place (project, team or source code) at one time.

Donations are counted in cells of time, half as long as the rule's window, so that one count serves a whole batch.
The burst around a donation is its own cell and the busier one of the two beside it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.donations.models import Donation
from campaigns.screening.observed import NO_BURST, Burst
from campaigns.screening.signals import SHOWN
from campaigns.screening.subject import ScreeningSubject
from campaigns.screening.thresholds import Thresholds
from kernel.bulk import unnest
from kernel.db import Tx
from kernel.money import BPS_WHOLE


class _PlaceKind(NamedTuple):
    """A kind of place: its column, which donations are counted at all, and which count as the same amount."""

    column: str
    counted: str = "true"
    same: str = "true"

    def cells(self, *columns: str) -> str:
        """SQL: the cells `u` to count, bound as lists; `u.paid_at` is when a cell starts."""
        return unnest(Donation, "campaign_id", self.column, "paid_at", *columns)

    @property
    def in_cell(self) -> str:
        """SQL: whether the donation `d` lies in the cell `u`."""
        return (
            f"d.campaign_id = u.campaign_id AND d.{self.column} = u.{self.column} AND {self.counted} "
            "AND d.paid_at >= u.paid_at AND d.paid_at < u.paid_at + CAST(:length AS interval)"
        )


_PROJECT = _PlaceKind("project_id", same="n.donations <= 1")
_TEAM = _PlaceKind("team", counted="d.team <> ''")
_SOURCE = _PlaceKind("source_code", counted="d.source_code <> '' AND d.channel <> 'partner'")


class Cell(NamedTuple):
    """A place in a campaign during half a window."""

    campaign_id: int
    place: Any
    starts_at: datetime


class _Rule(NamedTuple):
    """The cells' length, and from which size and share of all donations a burst is a signal."""

    cell_length: timedelta
    min_count: int
    min_share_bps: int

    @classmethod
    def of(cls, within_s: int, count: int, share_bps: int) -> "_Rule":
        return cls(timedelta(seconds=max(within_s // 2, 1)), count, share_bps)

    def may_hit(self, burst: Burst) -> bool:
        return burst.same >= self.min_count and burst.same * BPS_WHOLE >= burst.total * self.min_share_bps

    def cell(self, subject: ScreeningSubject, place: Any) -> Cell:
        """Return the cell in which a donation lies."""
        length_s = int(self.cell_length.total_seconds())
        start_s = int(subject.paid_at.timestamp()) // length_s * length_s
        return Cell(subject.campaign_id, place, datetime.fromtimestamp(start_s, UTC))

    def beside(self, cell: Cell, step: int) -> Cell:
        return cell._replace(starts_at=cell.starts_at + step * self.cell_length)

    def neighbourhood(self, cell: Cell) -> list[Cell]:
        return [self.beside(cell, step) for step in (-1, 0, 1)]


class _Cells:
    """Counts by cell and amount. Who counts as the same, and their donation ids, is read only for possible hits."""

    def __init__(
        self, tx: Tx, kind: _PlaceKind, rule: _Rule, places: Sequence[tuple[ScreeningSubject, Any]]
    ) -> None:
        self.rule = rule
        self.total: dict[Cell, int] = {}
        self.same: dict[tuple[Cell, int], int] = {}
        self.donation_ids: dict[tuple[Cell, int], tuple[UUID, ...]] = {}
        own = {(rule.cell(subject, place), subject.amount_minor) for subject, place in places}
        cells = sorted({cell for center, _ in own for cell in rule.neighbourhood(center)})
        for count in _counts(tx, kind, rule, cells):
            self.total[count.cell] = self.total.get(count.cell, 0) + count.donations
            self.same[count.cell, count.amount_minor] = count.donations
        possible_hits = {
            (cell, amount)
            for center, amount in own
            if rule.may_hit(self._largest(center, amount))
            for cell in rule.neighbourhood(center)
        }
        for sample in _samples(tx, kind, rule, sorted(possible_hits)):
            key = sample.cell, sample.amount_minor
            self.same[key], self.donation_ids[key] = sample.same, tuple(sample.donation_ids or ())

    def burst(self, subject: ScreeningSubject, place: Any) -> Burst:
        """Return the burst that a donation at a place belongs to."""
        return self._largest(self.rule.cell(subject, place), subject.amount_minor)

    def _largest(self, own: Cell, amount_minor: int) -> Burst:
        """Return that of the two windows which is a possible hit, else the fuller one."""
        windows = [self._window(own, self.rule.beside(own, step), amount_minor) for step in (-1, 1)]
        return max(windows, key=lambda burst: (self.rule.may_hit(burst), burst))

    def _window(self, own: Cell, beside: Cell, amount_minor: int) -> Burst:
        keys = ((own, amount_minor), (beside, amount_minor))
        ids = [donation_id for key in keys for donation_id in self.donation_ids.get(key, ())]
        total = self.total.get(own, 0) + self.total.get(beside, 0)
        return Burst(sum(self.same.get(key, 0) for key in keys), total, tuple(ids[:SHOWN]))


class Bursts(NamedTuple):
    """The bursts around the donations of one batch."""

    projects: _Cells
    teams: _Cells
    sources: _Cells

    def same_sum(self, subject: ScreeningSubject) -> Burst:
        """New donors who gave the same amount to the same project."""
        return self.projects.burst(subject, subject.project_id)

    def unit(self, subject: ScreeningSubject) -> Burst:
        """Donations of the same amount from the same team or source code, whichever has more."""
        team = self.teams.burst(subject, subject.team) if subject.team else NO_BURST
        source = self.sources.burst(subject, subject.source) if subject.source else NO_BURST
        return max(team, source)


def load_bursts(tx: Tx, subjects: Sequence[ScreeningSubject], thresholds: Thresholds) -> Bursts:
    """Count around a batch: one statement per kind of place, and a second one where there is a possible hit."""
    same_sum = _Rule.of(thresholds.same_sum_within_s, thresholds.same_sum_count, thresholds.same_sum_share_bps)
    unit = _Rule.of(thresholds.unit_within_s, thresholds.unit_count, thresholds.unit_share_bps)
    return Bursts(
        _Cells(tx, _PROJECT, same_sum, [(subject, subject.project_id) for subject in subjects]),
        _Cells(tx, _TEAM, unit, [(subject, subject.team) for subject in subjects if subject.team]),
        _Cells(tx, _SOURCE, unit, [(subject, subject.source) for subject in subjects if subject.source]),
    )


class _Count(NamedTuple):
    campaign_id: int
    place: Any
    starts_at: datetime
    amount_minor: int
    donations: int

    @property
    def cell(self) -> Cell:
        return Cell(self.campaign_id, self.place, self.starts_at)


class _Sample(NamedTuple):
    campaign_id: int
    place: Any
    starts_at: datetime
    amount_minor: int
    same: int
    donation_ids: list[UUID] | None

    @property
    def cell(self) -> Cell:
        return Cell(self.campaign_id, self.place, self.starts_at)


def _counts(tx: Tx, kind: _PlaceKind, rule: _Rule, cells: Sequence[Cell]) -> list[_Count]:
    """Count the donations of each amount in each cell."""
    if not cells:
        return []
    return tx.rows_as(
        _Count,
        f"""SELECT u.campaign_id, u.{kind.column} AS place, u.paid_at AS starts_at, d.amount_minor,
                   count(*) AS donations
              FROM {kind.cells()} JOIN donation d ON {kind.in_cell}
             GROUP BY 1, 2, 3, 4""",
        **_bound(kind, rule, cells),
    )


def _samples(tx: Tx, kind: _PlaceKind, rule: _Rule, bursts: Sequence[tuple[Cell, int]]) -> list[_Sample]:
    """Count which donations of these cells and amounts count as the same, with some of their ids."""
    if not bursts:
        return []
    return tx.rows_as(
        _Sample,
        f"""SELECT u.campaign_id, u.{kind.column} AS place, u.paid_at AS starts_at, d.amount_minor,
                   count(*) FILTER (WHERE {kind.same}) AS same,
                   (array_agg(d.id ORDER BY d.paid_at, d.id) FILTER (WHERE {kind.same}))[1:{SHOWN}] AS donation_ids
              FROM {kind.cells("amount_minor")}
              JOIN donation d ON {kind.in_cell} AND d.amount_minor = u.amount_minor
              LEFT JOIN campaign_donor n ON n.campaign_id = d.campaign_id AND n.donor_key = d.donor_key
             GROUP BY 1, 2, 3, 4""",
        **_bound(kind, rule, [cell for cell, _ in bursts]),
        amount_minor=[amount_minor for _, amount_minor in bursts],
    )


def _bound(kind: _PlaceKind, rule: _Rule, cells: Sequence[Cell]) -> dict[str, Any]:
    return {
        "campaign_id": [cell.campaign_id for cell in cells],
        kind.column: [cell.place for cell in cells],
        "paid_at": [cell.starts_at for cell in cells],
        "length": rule.cell_length,
    }
