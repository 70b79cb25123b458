"""Screen a whole campaign again after its end by the same rules, because bursts show best once they are over."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.phases import Phase
from campaigns.screening.cases import count_open_cases
from campaigns.screening.screen import BATCH, OnChange, count_new_payments, screen_donations
from campaigns.screening.thresholds import default_thresholds
from kernel.db import Tx
from kernel.errors import Conflict

REVIEWED = (Phase.ENDED, Phase.SETTLING, Phase.RECONCILING)


class Review(NamedTuple):
    """How many paid donations were screened, how many cases were opened, and how many are open now."""

    donations: int
    opened: int
    open: int


def review(deps: Dependencies, slug: str, actor: str, on_change: OnChange = lambda _: None) -> Review:
    """Screen all paid donations of a campaign, one transaction per batch. Repeating it opens no further
    case for what was decided. Each run is audited, so that the trail shows when a campaign was reviewed.

    Raises NotFound `campaign_unknown`, Conflict `campaign_phase` before the end and once the notice has begun.
    """
    with deps.db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        if campaign.phase not in REVIEWED:
            raise Conflict("campaign_phase", phase=campaign.phase)
        record_audit(tx, actor, "campaign.screening_review", f"campaign:{campaign.id}")
    assert campaign.id is not None
    count_new_payments(deps)
    last, screened, opened = _START, 0, 0
    while True:
        with deps.db.transaction(by_key=True) as tx:
            page = _load_page(tx, campaign.id, last)
            cases = screen_donations(tx, [row.id for row in page], default_thresholds(deps.screening_defaults))
            tx.after_commit(lambda changed=set(cases.values()): on_change(changed))  # type: ignore[misc]
        screened, opened = screened + len(page), opened + len(cases)
        if len(page) < BATCH:
            break
        last = page[-1]
    with deps.db.transaction() as tx:
        return Review(screened, opened, count_open_cases(tx, campaign.id))


class _PageRow(NamedTuple):
    """A paid donation, and its position in the order of the review."""

    project_id: int
    paid_at: datetime
    id: UUID


_START = _PageRow(0, datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


def _load_page(tx: Tx, campaign_id: int, last: _PageRow) -> list[_PageRow]:
    """Load the next donations by project and time, so that related ones are screened together."""
    return tx.rows_as(
        _PageRow,
        """SELECT project_id, paid_at, id FROM donation
            WHERE campaign_id = :campaign_id AND paid_at IS NOT NULL
              AND (project_id, paid_at, id) > (:project_id, CAST(:paid_at AS timestamptz), CAST(:id AS uuid))
            ORDER BY project_id, paid_at, id LIMIT :most""",
        campaign_id=campaign_id,
        most=BATCH,
        **last._asdict(),
    )
