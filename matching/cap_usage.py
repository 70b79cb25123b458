"""Compute cap usage: of donors from their live reservations, of projects and counties from the books.

There are no counters, so nothing can drift. Read it while the pots are locked.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from kernel.db import Tx
from ledger.chart import MATCHED
from ledger.statements import project_sums
from matching.allocate import AllocationRequest, Capacity
from matching.pot_state import PotState

# Finds the projects of counties: project id -> county code. Matching does not know where projects are stored.
FindProjectsOfCounties = Callable[[Tx, Collection[str]], dict[int, str]]


def fill_cap_usage(
    tx: Tx,
    capacity: Capacity,
    pots: Sequence[PotState],
    requests: Sequence[AllocationRequest],
    projects_of_counties: FindProjectsOfCounties,
) -> None:
    """Add what these donors, projects and counties have from these pots, for the caps that the pots have."""
    caps = [version.rules.caps for pot in pots for version in pot.versions]
    if any(cap.donor_minor is not None or cap.donor_day_minor is not None for cap in caps):
        _add_donors(tx, capacity, [pot.pot_id for pot in pots], sorted({request.donor for request in requests}))
    if any(cap.county_minor is not None for cap in caps):
        _add_projects(
            tx, capacity, pots, projects_of_counties(tx, {request.target.county_code for request in requests})
        )
    elif any(cap.project_minor is not None for cap in caps):
        _add_projects(
            tx, capacity, pots, {request.target.project_id: request.target.county_code for request in requests}
        )


def _add_donors(tx: Tx, capacity: Capacity, pot_ids: list[int], donors: list[str]) -> None:
    for row in tx.rows(
        """SELECT pot_id, donor_key, day, CAST(sum(live_minor) AS bigint) AS used_minor FROM reservation
            WHERE donor_key = ANY(:donors) AND pot_id = ANY(:pots) AND state <> 'released'
            GROUP BY pot_id, donor_key, day""",
        donors=donors,
        pots=pot_ids,
    ):
        subject = (row.donor_key, row.day.isoformat())
        capacity.add_usage(row.pot_id, "donor_day_minor", subject, row.used_minor)
        capacity.add_usage(row.pot_id, "donor_minor", row.donor_key, row.used_minor)


def _add_projects(tx: Tx, capacity: Capacity, pots: Sequence[PotState], counties: Mapping[int, str]) -> None:
    """Add what projects and their counties have, with one statement. `counties` maps projects to counties."""
    for pot_id, project_id, amount in project_sums(tx, [pot.pot_id for pot in pots], counties, MATCHED):
        capacity.add_usage(pot_id, "project_minor", project_id, amount)
        capacity.add_usage(pot_id, "county_minor", counties[project_id], amount)
