"""What has been used of the caps: donors' sums from live reservations, others' from the books.

Nothing here is a counter of its own, so nothing can drift. Read it while the pots are locked.
"""

from collections.abc import Sequence

from kernel.db import Tx
from ledger.chart import Kind
from matching.allocate import Book, Gift
from matching.offers import PotState

MATCHED = (Kind.POT_RESERVED, Kind.POT_HELD, Kind.POT_CAPTURED, Kind.POT_RELEASED)


def fill(tx: Tx, book: Book, pots: Sequence[PotState], gifts: Sequence[Gift]) -> None:
    """Fill a book with what these donors, projects and counties had from these pots, where a cap asks."""
    caps = [version.rules.caps for pot in pots for version in pot.versions]
    if any(cap.donor_minor is not None or cap.donor_day_minor is not None for cap in caps):
        _fill_donors(tx, book, [pot.pot_id for pot in pots], sorted({gift.donor for gift in gifts}))
    projects = any(cap.project_minor is not None for cap in caps)
    counties = any(cap.county_minor is not None for cap in caps)
    if projects or counties:
        _fill_places(tx, book, pots, gifts, counties=counties)


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


def _fill_places(tx: Tx, book: Book, pots: Sequence[PotState], gifts: Sequence[Gift], *, counties: bool) -> None:
    """What projects and, with `counties`, their whole counties had: one statement, read under the pots' locks."""
    for owner, project_id, county_code, amount in tx.rows(
        """SELECT a.owner, p.id, p.county_code, sum(a.balance_minor)
             FROM project p JOIN ledger_account a ON a.purpose = 'project:' || p.id
            WHERE a.kind = ANY(:kinds) AND a.owner = ANY(:owners)
              AND (p.id = ANY(:projects) OR p.county_code = ANY(:counties))
            GROUP BY a.owner, p.id, p.county_code""",
        kinds=[str(kind) for kind in MATCHED],
        owners=[f"pot:{pot.pot_id}" for pot in pots],
        projects=sorted({gift.target.project_id for gift in gifts}),
        counties=sorted({gift.target.county_code for gift in gifts}) if counties else [],
    ):
        pot_id = int(owner[4:])
        book.use(pot_id, "project_minor", project_id, int(amount))
        book.use(pot_id, "county_minor", county_code, int(amount))
