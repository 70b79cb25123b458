"""Reading cases."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from campaigns.screening.models import STATES, ScreeningCase
from kernel.db import Tx
from kernel.errors import Invalid, NotFound

# A case with what its reader needs beside it: the gift, its project, and what is held of its match now (fen).
_VIEW = r"""
    SELECT c.*, e.slug AS campaign, d.project_id, p.name AS project_name, d.amount_minor, d.refunded_minor,
           d.currency, d.status, d.paid_at, d.channel,
           array_remove(ARRAY[CASE WHEN d.donor_key NOT LIKE 'd\:%' THEN 'donor' END,
                              CASE WHEN d.instrument IS NOT NULL THEN 'instrument' END,
                              CASE WHEN d.device_key IS NOT NULL THEN 'device' END], NULL) AS watchable,
           CAST(coalesce((SELECT sum(r.amount_minor - r.returned_minor) FROM reservation r
                           WHERE r.donation_id = c.donation_id AND r.held), 0) AS bigint) AS now_held_minor
      FROM screening_case c JOIN campaign e ON e.id = c.campaign_id
      JOIN donation d ON d.id = c.donation_id JOIN project p ON p.id = d.project_id"""


def find(tx: Tx, case_id: int, *, lock: bool = False) -> ScreeningCase:
    """One case. Raises NotFound `case_unknown`."""
    found = tx.get(ScreeningCase, case_id, lock=lock) if 0 < case_id <= 2**63 - 1 else None
    if found is None:
        raise NotFound("case_unknown")
    return found


def of_donation(tx: Tx, donation_id: UUID) -> int:
    """The id of a donation's case. Raises NotFound `case_unknown`."""
    found = tx.scalar("SELECT id FROM screening_case WHERE donation_id = :id", id=donation_id)
    if found is None:
        raise NotFound("case_unknown")
    return int(found)


def open_cases_of(tx: Tx, campaign_id: int) -> int:
    """How many cases of a campaign nobody has decided."""
    return int(
        tx.scalar("SELECT count(*) FROM screening_case WHERE campaign_id = :id AND state = 'open'", id=campaign_id)
    )


def view(tx: Tx, case_id: int) -> dict[str, Any]:
    """A case with its donation. Raises NotFound `case_unknown`."""
    find(tx, case_id)
    return _views(tx, [case_id])[0]


def listed(
    tx: Tx, campaign_id: int, state: str | None = None, page: int = 1, page_size: int = 50
) -> tuple[list[dict[str, Any]], int]:
    """One page of a campaign's cases and their number: open ones first, then those whose appeal waits.

    Raises Invalid `list_invalid` for a state that there is not.
    """
    if state is not None and state not in STATES:
        raise Invalid("list_invalid", fields={"state": "must be one of " + ", ".join(STATES)})
    where = "campaign_id = :campaign AND (CAST(:state AS text) IS NULL OR state = :state)"
    total = tx.scalar(f"SELECT count(*) FROM screening_case WHERE {where}", campaign=campaign_id, state=state)
    ids = tx.rows(
        f"""SELECT id FROM screening_case WHERE {where}
             ORDER BY state <> 'open', appealed_at IS NULL OR answered_at IS NOT NULL, id
             LIMIT :size OFFSET :skip""",
        campaign=campaign_id,
        state=state,
        size=page_size,
        skip=(page - 1) * page_size,
    )
    return _views(tx, [row[0] for row in ids]), int(total)


def _views(tx: Tx, case_ids: Sequence[int]) -> list[dict[str, Any]]:
    """In the order of the ids."""
    rows = {row.id: row._asdict() for row in tx.rows(f"{_VIEW} WHERE c.id = ANY(:ids)", ids=list(case_ids))}
    return [rows[id_] for id_ in case_ids]
