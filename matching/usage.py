"""What has been used of the caps: donors' sums from live reservations, others' from the books.

Nothing here is a counter of its own, so nothing can drift. Read it while the pots are locked.
"""

from collections.abc import Sequence

from kernel.db import Tx
from ledger.chart import Kind
from ledger.statements import balances
from matching.allocate import Book, Gift
from matching.offers import PotState

MATCHED = (Kind.POT_RESERVED, Kind.POT_HELD, Kind.POT_CAPTURED, Kind.POT_RELEASED)


def fill(tx: Tx, book: Book, pots: Sequence[PotState], gifts: Sequence[Gift]) -> None:
    """Fill a book with what these donors, projects and counties had from these pots, where a cap asks."""
    caps = [version.rules.caps for pot in pots for version in pot.versions]
    if any(cap.donor_minor is not None or cap.donor_day_minor is not None for cap in caps):
        _fill_donors(tx, book, [pot.pot_id for pot in pots], sorted({gift.donor for gift in gifts}))
    if any(cap.project_minor is not None for cap in caps):
        _fill_projects(tx, book, pots, sorted({gift.target.project_id for gift in gifts}))
    if any(cap.county_minor is not None for cap in caps):
        _fill_counties(tx, book, pots, sorted({gift.target.county_code for gift in gifts}))


def _fill_donors(tx: Tx, book: Book, pot_ids: list[int], donors: list[str]) -> None:
    for pot_id, donor, day, amount in tx.rows(
        """SELECT pot_id, donor_key, day, sum(amount_minor - returned_minor) FROM reservation
            WHERE donor_key = ANY(:donors) AND pot_id = ANY(:pots) AND state <> 'released'
            GROUP BY pot_id, donor_key, day""",
        donors=donors,
        pots=pot_ids,
    ):
        used = int(amount)
        book.use(pot_id, "donor_day_minor", (donor, day.isoformat()), used)
        book.use(pot_id, "donor_minor", donor, used)


def _fill_projects(tx: Tx, book: Book, pots: Sequence[PotState], projects: list[int]) -> None:
    purposes = [f"project:{project_id}" for project_id in projects]
    for row in balances(tx, MATCHED, [f"pot:{pot.pot_id}" for pot in pots], purposes):
        book.use(int(row.owner[4:]), "project_minor", int(row.purpose[8:]), row.balance_minor)


def _fill_counties(tx: Tx, book: Book, pots: Sequence[PotState], counties: list[str]) -> None:
    """Two statements, however many counties: this is read while the pots are locked."""
    rows = tx.rows("SELECT id, county_code FROM project WHERE county_code = ANY(:counties)", counties=counties)
    county_of = {f"project:{row[0]}": row[1] for row in rows}
    for row in balances(tx, MATCHED, [f"pot:{pot.pot_id}" for pot in pots], list(county_of)):
        book.use(int(row.owner[4:]), "county_minor", county_of[row.purpose], row.balance_minor)
