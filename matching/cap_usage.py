"""What has been used of the caps: donors' sums from live reservations, others' from the books.

Nothing here is a counter of its own, so nothing can drift. Read it while the pots are locked.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from kernel.db import Tx
from ledger.chart import MATCHED
from ledger.statements import project_sums
from matching.allocate import AllocationRequest, Capacity
from matching.pot_state import PotState

# Finds the projects of counties: id -> county. Where projects are kept, matching does not know.
Neighbours = Callable[[Tx, Collection[str]], dict[int, str]]


def fill_cap_usage(
    tx: Tx,
    capacity: Capacity,
    pots: Sequence[PotState],
    requests: Sequence[AllocationRequest],
    neighbours: Neighbours,
) -> None:
    """Fill a book with what these donors, projects and counties had from these pots, where a cap asks."""
    caps = [version.rules.caps for pot in pots for version in pot.versions]
    if any(cap.donor_minor is not None or cap.donor_day_minor is not None for cap in caps):
        _fill_donors(tx, capacity, [pot.pot_id for pot in pots], sorted({request.donor for request in requests}))
    if any(cap.county_minor is not None for cap in caps):
        _fill_places(tx, capacity, pots, neighbours(tx, {request.target.county_code for request in requests}))
    elif any(cap.project_minor is not None for cap in caps):
        _fill_places(
            tx, capacity, pots, {request.target.project_id: request.target.county_code for request in requests}
        )


def _fill_donors(tx: Tx, capacity: Capacity, pot_ids: list[int], donors: list[str]) -> None:
    for pot_id, donor, day, amount in tx.rows(
        """SELECT pot_id, donor_key, day, sum(live_minor) FROM reservation
            WHERE donor_key = ANY(:donors) AND pot_id = ANY(:pots) AND state <> 'released'
            GROUP BY pot_id, donor_key, day""",
        donors=donors,
        pots=pot_ids,
    ):
        used = int(amount)
        capacity.add_usage(pot_id, "donor_day_minor", (donor, day.isoformat()), used)
        capacity.add_usage(pot_id, "donor_minor", donor, used)


def _fill_places(tx: Tx, capacity: Capacity, pots: Sequence[PotState], counties: Mapping[int, str]) -> None:
    """What projects had and, by the county of each, their counties: one statement, read under the pots' locks."""
    for pot_id, project_id, amount in project_sums(tx, [pot.pot_id for pot in pots], counties, MATCHED):
        capacity.add_usage(pot_id, "project_minor", project_id, amount)
        capacity.add_usage(pot_id, "county_minor", counties[project_id], amount)
