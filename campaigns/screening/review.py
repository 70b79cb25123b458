"""Look at a whole event after its end, by the same rules: what a burst looked like shows best when it is over."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.phases import Phase
from campaigns.screening.cases import open_cases_of
from campaigns.screening.screen import BATCH, Changed, screen_donations
from campaigns.screening.thresholds import installed
from kernel.db import Tx
from kernel.errors import Conflict

REVIEWED = (Phase.ENDED, Phase.SETTLING, Phase.RECONCILING)
Place = tuple[int, datetime, UUID]
_BEFORE_ALL: Place = (0, datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


class Reviewed(NamedTuple):
    """How many paid donations were looked at, how many cases that opened, and how many are open now."""

    donations: int
    opened: int
    open: int


def review(deps: Dependencies, slug: str, actor: str, changed: Changed = lambda _: None) -> Reviewed:
    """Look at all paid donations of a campaign; again it opens nothing new. A batch is a transaction.

    Raises NotFound `campaign_unknown`, Conflict `campaign_phase` before the end and after the notice began.
    """
    with deps.db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        if campaign.phase not in REVIEWED:
            raise Conflict("campaign_phase", phase=campaign.phase)
        record_audit(tx, actor, "campaign.screening_review", f"campaign:{campaign.id}")
    assert campaign.id is not None
    last, seen, opened = _BEFORE_ALL, 0, 0
    while True:
        with deps.db.transaction() as tx:
            page = _page(tx, campaign.id, last)
            cases = screen_donations(tx, [place[2] for place in page], installed(deps.screening_defaults))
            tx.after_commit(lambda touched=set(cases.values()): changed(touched))  # type: ignore[misc]
        seen, opened = seen + len(page), opened + len(cases)
        if len(page) < BATCH:
            break
        last = page[-1]
    with deps.db.transaction() as tx:
        return Reviewed(seen, opened, open_cases_of(tx, campaign.id))


def _page(tx: Tx, campaign_id: int, last: Place) -> list[Place]:
    """By project and time, so that neighbours are looked at together."""
    rows = tx.rows(
        """SELECT project_id, paid_at, id FROM donation
            WHERE campaign_id = :campaign AND paid_at IS NOT NULL
              AND (project_id, paid_at, id) > (:project, CAST(:paid AS timestamptz), CAST(:id AS uuid))
            ORDER BY project_id, paid_at, id LIMIT :most""",
        campaign=campaign_id,
        project=last[0],
        paid=last[1],
        id=last[2],
        most=BATCH,
    )
    return [(row[0], row[1], row[2]) for row in rows]
