"""Bursts: how many donations of the same amount arrived at one place (project, team or source code) at one time.

Donations are counted as they arrive (`counting.py`), in slots of a few seconds. This module adds slots up to cells
of half a rule's window, only for the places and amounts of a batch. The burst around a donation is its own cell and
the busier of the two neighbouring cells.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from campaigns.screening.counting import ANY_AMOUNT, SLOT_S
from campaigns.screening.models import BurstCount
from campaigns.screening.observed import NO_BURST, Burst
from campaigns.screening.signals import SHOWN
from campaigns.screening.subject import ScreeningSubject
from campaigns.screening.thresholds import Thresholds
from kernel.bulk import unnest
from kernel.db import Tx
from kernel.money import BPS_WHOLE


class _PlaceKind(NamedTuple):
    """A kind of place. `same` is the column that counts donations of the same amount; `counted` is the SQL that
    selects such donations `d` of the place `u.place`."""

    name: str
    same: str
    counted: str


_PROJECT = _PlaceKind(
    "project",
    "newcomers",
    """d.project_id = CAST(u.place AS bigint)
       AND EXISTS (SELECT FROM counted_gift g WHERE g.donation_id = d.id AND g.newcomer)""",
)
_TEAM = _PlaceKind("team", "donations", "d.team = u.place AND d.team <> ''")
_SOURCE = _PlaceKind(
    "source", "donations", "d.source_code = u.place AND d.source_code <> '' AND d.channel <> 'partner'"
)


class Cell(NamedTuple):
    """A place in a campaign during half a window, from `starts_at` on."""

    campaign_id: int
    place: str
    starts_at: datetime


Key = tuple[Cell, int]  # a cell and an amount


class _Rule(NamedTuple):
    """The length of the cells, and the size and share of all donations from which a burst is a signal."""

    cell_length: timedelta
    min_count: int
    min_share_bps: int

    @classmethod
    def of(cls, within_s: int, count: int, share_bps: int) -> "_Rule":
        slots = max(within_s // 2 // SLOT_S, 1)
        return cls(timedelta(seconds=slots * SLOT_S), count, share_bps)

    def hits(self, burst: Burst) -> bool:
        return burst.same >= self.min_count and burst.same * BPS_WHOLE >= burst.total * self.min_share_bps

    def cell(self, subject: ScreeningSubject, place: str) -> Cell:
        """Return the cell of a donation."""
        length_s = int(self.cell_length.total_seconds())
        start_s = int(subject.paid_at.timestamp()) // length_s * length_s
        return Cell(subject.campaign_id, place, datetime.fromtimestamp(start_s, UTC))

    def beside(self, cell: Cell, step: int) -> Cell:
        return cell._replace(starts_at=cell.starts_at + step * self.cell_length)


class _PlaceBursts:
    """The bursts at the places of a batch, by cell and amount. There are few, however many donations the cells
    contain."""

    def __init__(
        self, tx: Tx, kind: _PlaceKind, rule: _Rule, places: Sequence[tuple[ScreeningSubject, str]]
    ) -> None:
        self._rule = rule
        self._key_of = {subject.id: (rule.cell(subject, place), subject.amount_minor) for subject, place in places}
        keys = set(self._key_of.values())
        self._same = _load_counts(tx, kind.name, kind.same, rule, keys)
        # The totals of all amounts are needed only where one amount is frequent.
        large = {(cell, ANY_AMOUNT) for cell, amount in keys if self._may_hit(cell, amount)}
        self._total = _load_counts(tx, kind.name, "donations", rule, large)
        windows = {key: self._largest(*key) for key in keys}
        hits = [key for key, (burst, _) in windows.items() if rule.hits(burst)]
        ids = _load_samples(tx, kind, rule, {part for key in hits for part in windows[key][1]})
        self._bursts = {
            key: burst._replace(donation_ids=tuple(id_ for part in parts for id_ in ids.get(part, ()))[:SHOWN])
            for key, (burst, parts) in windows.items()
        }

    def burst(self, subject: ScreeningSubject) -> Burst:
        """Return the burst that a donation belongs to."""
        key = self._key_of.get(subject.id)
        return NO_BURST if key is None else self._bursts[key]

    def _may_hit(self, cell: Cell, amount_minor: int) -> bool:
        """Return whether the cell and its neighbours contain enough donations."""
        around = (self._same.get((self._rule.beside(cell, step), amount_minor), 0) for step in (-1, 0, 1))
        return sum(around) >= self._rule.min_count

    def _largest(self, own: Cell, amount_minor: int) -> tuple[Burst, tuple[Key, Key]]:
        """Return the window that is a hit, else the fuller of the two, and the cells that it consists of."""
        windows = [self._window(own, self._rule.beside(own, step), amount_minor) for step in (-1, 1)]
        return max(windows, key=lambda window: (self._rule.hits(window[0]), window[0]))

    def _window(self, own: Cell, beside: Cell, amount_minor: int) -> tuple[Burst, tuple[Key, Key]]:
        keys = ((own, amount_minor), (beside, amount_minor))
        total = self._total.get((own, ANY_AMOUNT), 0) + self._total.get((beside, ANY_AMOUNT), 0)
        return Burst(sum(self._same.get(key, 0) for key in keys), total), keys


class Bursts(NamedTuple):
    """The bursts around the donations of one batch."""

    projects: _PlaceBursts
    teams: _PlaceBursts
    sources: _PlaceBursts

    def same_sum(self, subject: ScreeningSubject) -> Burst:
        """Return the burst of new donors who gave the same amount to the same project."""
        return self.projects.burst(subject)

    def unit(self, subject: ScreeningSubject) -> Burst:
        """Return the burst of donations of the same amount from the same team or source code, whichever has
        more."""
        return max(self.teams.burst(subject), self.sources.burst(subject))


def load_bursts(tx: Tx, subjects: Sequence[ScreeningSubject], thresholds: Thresholds) -> Bursts:
    """Load the bursts around a batch with one query per kind of place, and two more where a burst is large."""
    same_sum = _Rule.of(thresholds.same_sum_within_s, thresholds.same_sum_count, thresholds.same_sum_share_bps)
    unit = _Rule.of(thresholds.unit_within_s, thresholds.unit_count, thresholds.unit_share_bps)
    return Bursts(
        _PlaceBursts(tx, _PROJECT, same_sum, [(subject, str(subject.project_id)) for subject in subjects]),
        _PlaceBursts(tx, _TEAM, unit, [(subject, subject.team) for subject in subjects if subject.team]),
        _PlaceBursts(tx, _SOURCE, unit, [(subject, subject.source) for subject in subjects if subject.source]),
    )


class _Count(NamedTuple):
    campaign_id: int
    place: str
    amount_minor: int
    starts_at: datetime
    donations: int


class _Sample(NamedTuple):
    campaign_id: int
    place: str
    starts_at: datetime
    amount_minor: int
    donation_ids: list[UUID]


_KEYS = unnest(BurstCount, "campaign_id", "place", "slot_at", "amount_minor")


def _load_counts(tx: Tx, kind: str, counted: str, rule: _Rule, keys: Collection[Key]) -> dict[Key, int]:
    """Return the counts of these cells and their neighbours, by cell and amount."""
    if not keys:
        return {}
    rows = tx.rows_as(
        _Count,
        f"""SELECT u.campaign_id, u.place, u.amount_minor, c.starts_at, c.donations
              FROM {_KEYS} CROSS JOIN LATERAL (
                   SELECT date_bin(CAST(:length AS interval), k.slot_at, TIMESTAMPTZ 'epoch') AS starts_at,
                          CAST(sum(k.{counted}) AS bigint) AS donations FROM burst_count k
                    WHERE k.campaign_id = u.campaign_id AND k.kind = :kind AND k.place = u.place
                      AND k.amount_minor = u.amount_minor
                      AND k.slot_at >= u.slot_at - CAST(:length AS interval)
                      AND k.slot_at < u.slot_at + 2 * CAST(:length AS interval) GROUP BY 1) AS c""",
        kind=kind,
        **_bound(rule, keys),
    )
    return {(Cell(row.campaign_id, row.place, row.starts_at), row.amount_minor): row.donations for row in rows}


def _load_samples(tx: Tx, kind: _PlaceKind, rule: _Rule, keys: Collection[Key]) -> dict[Key, Sequence[UUID]]:
    """Return the first donations of these cells and amounts."""
    if not keys:
        return {}
    rows = tx.rows_as(
        _Sample,
        f"""SELECT u.campaign_id, u.place, u.slot_at AS starts_at, u.amount_minor, ARRAY(
                   SELECT d.id FROM donation d
                    WHERE d.campaign_id = u.campaign_id AND {kind.counted} AND d.amount_minor = u.amount_minor
                      AND d.paid_at >= u.slot_at AND d.paid_at < u.slot_at + CAST(:length AS interval)
                    ORDER BY d.paid_at, d.id LIMIT {SHOWN}) AS donation_ids
              FROM {_KEYS}""",
        **_bound(rule, keys),
    )
    return {(Cell(row.campaign_id, row.place, row.starts_at), row.amount_minor): row.donation_ids for row in rows}


def _bound(rule: _Rule, keys: Collection[Key]) -> dict[str, object]:
    ordered = sorted(keys)
    return {
        "campaign_id": [cell.campaign_id for cell, _ in ordered],
        "place": [cell.place for cell, _ in ordered],
        "slot_at": [cell.starts_at for cell, _ in ordered],
        "amount_minor": [amount_minor for _, amount_minor in ordered],
        "length": rule.cell_length,
    }
