"""The checklist of stations (站点自查): what each open township branch and village station has, and what it lacks.

Items known from data are ticked automatically, and unticked when the data changes. A township ticks the other items
manually.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.network.models import Organisation
from campaigns.network.organisations import find
from campaigns.network.roles import PERMISSIONS, Caller, Permission
from campaigns.network.tree import lock_node
from campaigns.stations.models import StationItem, StationTick
from kernel.db import Tx
from kernel.errors import Conflict, Forbidden
from kernel.paging import FIRST_PAGE, Page
from kernel.text import is_storable
from matching.rules import Level

LISTED = (Level.TOWNSHIP, Level.VILLAGE)
_FILES_PROJECTS = sorted(
    role for role, permissions in PERMISSIONS.items() if Permission.PROJECTS_WRITE in permissions
)


class CheckState(StrEnum):
    """Whether a station has an item, and how we know."""

    KNOWN = "known"  # known from data
    BY_HAND = "by_hand"
    MISSING = "missing"


class Check(NamedTuple):
    """An item of a station. `ticked_by` and `ticked_at` are set if it was ticked manually. A missing item is
    missing since the station joined the network, or since what it had was revoked, disabled or ended."""

    item: StationItem
    state: CheckState
    ticked_by: str = ""
    ticked_at: datetime | None = None
    missing_since: datetime | None = None


class Station(NamedTuple):
    """A node with its checklist. `since` is when it joined the network; what it lacks has been missing at most that
    long."""

    code: str
    name: str
    level: str
    parent_code: str
    parent_name: str
    since: datetime
    checks: tuple[Check, ...]

    @property
    def missing(self) -> list[StationItem]:
        """Return the missing items."""
        return [check.item for check in self.checks if check.state is CheckState.MISSING]


class Incomplete(NamedTuple):
    """How many stations lack an item, and when the oldest of them joined the network."""

    stations: int
    since: datetime


# Each node with the items known from data (`known`) and all that it has (`present`).
_STATIONS = """
    WITH known AS (
           SELECT organisation_code AS code, 'contact' AS item FROM project WHERE contact_name <> ''
            UNION SELECT organisation_code, 'bank_account' FROM payee_account WHERE state = 'active'
            UNION SELECT branch_code, 'liaison' FROM manager
                   WHERE role = ANY(:roles) AND disabled_at IS NULL AND password_hash <> ''),
         known_of AS (SELECT code, array_agg(item) AS items FROM known GROUP BY code),
         present_of AS (
           SELECT code, array_agg(item) AS items
             FROM (SELECT code, item FROM known UNION SELECT organisation_code, item FROM station_tick) AS present
            GROUP BY code),
         station AS (
           SELECT o.code, o.name, o.level, o.parent_code, above.name AS parent_name, o.created_at AS since,
                  coalesce(k.items, '{}') AS known, coalesce(p.items, '{}') AS present
             FROM organisation o JOIN organisation above ON above.code = o.parent_code
             LEFT JOIN known_of k ON k.code = o.code LEFT JOIN present_of p ON p.code = o.code
            WHERE o.level = ANY(:levels) AND o.closed_at IS NULL
              AND (CAST(:branch AS text) IS NULL OR o.lineage @> ARRAY[CAST(:branch AS text)])
              AND (CAST(:under AS text) IS NULL OR o.lineage @> ARRAY[CAST(:under AS text)])
              AND (CAST(:missing AS text) IS NULL OR NOT CAST(:missing AS text) = ANY(coalesce(p.items, '{}'))))"""


def listed(
    tx: Tx, branch: str | None, under: str = "", missing: StationItem | None = None, page: Page = FIRST_PAGE
) -> tuple[list[Station], int]:
    """Return one page of the stations of a branch and how many there are: those that lack most first, then the
    oldest.

    `under` limits them to a node and those below it, `missing` to those that lack an item.
    """
    if not is_storable(under):
        return [], 0
    chosen = {"branch": branch, "under": under or None, "missing": missing, **_constants()}
    rows = tx.rows(
        f"{_STATIONS} SELECT * FROM station ORDER BY cardinality(present), since, code LIMIT :size OFFSET :offset",
        size=page.size,
        offset=page.offset,
        **chosen,
    )
    total = tx.scalar(f"{_STATIONS} SELECT count(*) FROM station", **chosen)
    codes = [row.code for row in rows]
    ticks, lost = _ticks(tx, codes), _lost(tx, codes)
    return [_station(row, ticks, lost) for row in rows], int(total)


def incomplete(tx: Tx, branch: str) -> Incomplete | None:
    """Return how many stations of a branch lack an item; None if none does."""
    row = tx.row(
        f"{_STATIONS} SELECT count(*), min(since) FROM station WHERE cardinality(present) < :items",
        branch=branch,
        under=None,
        missing=None,
        items=len(StationItem),
        **_constants(),
    )
    return Incomplete(*row) if row and row[0] else None


def may_tick(tx: Tx, caller: Caller) -> bool:
    """Return whether a caller may tick items manually: a township does so for its villages, a village may not for
    itself."""
    if not caller.may(Permission.PROJECTS_WRITE):
        return False
    return caller.branch_code is None or find(tx, caller.branch_code).level != Level.VILLAGE


def tick(tx: Tx, caller: Caller, code: str, item: StationItem) -> None:
    """Tick an item of a station manually. Idempotent.

    Raises Forbidden `not_permitted`, NotFound `organisation_unknown`, Conflict `no_station`.
    """
    _lock(tx, caller, code)
    if tx.get(StationTick, (code, item)) is None:
        tx.add(StationTick(organisation_code=code, item=item, ticked_by=caller.name, ticked_at=tx.now))
        record_audit(tx, caller.name, "station.tick", f"organisation:{code}", item=item)


def untick(tx: Tx, caller: Caller, code: str, item: StationItem) -> None:
    """Remove a manual tick. Idempotent.

    Raises Forbidden `not_permitted`, NotFound `organisation_unknown`, Conflict `no_station`.
    """
    _lock(tx, caller, code)
    if (row := tx.get(StationTick, (code, item))) is not None:
        tx.session.delete(row)
        record_audit(tx, caller.name, "station.untick", f"organisation:{code}", item=item)


def _lock(tx: Tx, caller: Caller, code: str) -> Organisation:
    if not may_tick(tx, caller):
        raise Forbidden("not_permitted")
    node = lock_node(tx, code)
    if node.level not in LISTED or node.closed_at is not None:
        raise Conflict("no_station")
    return node


def _constants() -> dict[str, list[str]]:
    return {"roles": _FILES_PROJECTS, "levels": [*LISTED]}


def _ticks(tx: Tx, codes: Iterable[str]) -> dict[tuple[str, str], StationTick]:
    rows = tx.all(select(StationTick).where(col(StationTick.organisation_code).in_(list(codes))))
    return {(row.organisation_code, row.item): row for row in rows}


def _lost(tx: Tx, codes: list[str]) -> dict[tuple[str, str], datetime]:
    """Return when a station last lost an item that it had before, by code and item."""
    rows = tx.rows(
        """SELECT code, item, max(at) AS at
             FROM (SELECT substr(subject, length('organisation:') + 1) AS code, detail ->> 'item' AS item, at
                     FROM audit_entry WHERE subject = ANY(:subjects) AND action = 'station.untick'
                    UNION ALL
                   SELECT branch_code, 'liaison', disabled_at FROM manager
                    WHERE branch_code = ANY(:codes) AND role = ANY(:roles) AND disabled_at IS NOT NULL
                    UNION ALL
                   SELECT organisation_code, 'bank_account', ended_at FROM payee_account
                    WHERE organisation_code = ANY(:codes) AND ended_at IS NOT NULL) AS lost
            GROUP BY code, item""",
        subjects=[f"organisation:{code}" for code in codes],
        codes=codes,
        roles=_FILES_PROJECTS,
    )
    return {(row.code, row.item): row.at for row in rows}


def _station(row: Any, ticks: dict[tuple[str, str], StationTick], lost: dict[tuple[str, str], datetime]) -> Station:
    def check(item: StationItem) -> Check:
        if item in row.known:
            return Check(item, CheckState.KNOWN)
        if by_hand := ticks.get((row.code, item)):
            return Check(item, CheckState.BY_HAND, by_hand.ticked_by, by_hand.ticked_at)
        since = max(row.since, lost.get((row.code, item), row.since))
        return Check(item, CheckState.MISSING, missing_since=since)

    checks = tuple(map(check, StationItem))
    return Station(row.code, row.name, row.level, row.parent_code, row.parent_name, row.since, checks)
