"""Put all captured match of a project on hold, so that a reviewer decides donation by donation."""

from typing import NamedTuple

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import find_campaign, lock_shared
from campaigns.lifecycle.models import CampaignEntry
from campaigns.reasons import require_reason
from campaigns.screening.context import SCREENED
from campaigns.screening.screen import open_cases
from campaigns.screening.signals import Signal
from kernel.db import Tx
from kernel.errors import Conflict, NotFound

PROJECT_FROZEN = "project_frozen"


class HeldProject(NamedTuple):
    """The result of a hold: how many cases were opened, over how much match (fen), and how many donations keep
    their match because a reviewer decided their case earlier."""

    campaign_id: int
    cases_opened: int
    cases_decided: int
    held_minor: int


def hold_project_match(tx: Tx, slug: str, project_id: int, reason: str, actor: str) -> HeldProject:
    """Put the captured match of a project in a campaign on hold. Each donation without a case gets one with the
    signal `project_frozen`. Idempotent: a hold that opens no case is not audited. Later payments are matched as
    before, unless the project is suspended.

    Raises NotFound `campaign_unknown` or `project_unknown`, Invalid `reason_missing`, Conflict `campaign_phase`
    once the result is published.
    """
    require_reason(reason)
    unlocked = find_campaign(tx, slug)
    assert unlocked.id is not None
    campaign = lock_shared(tx, ids=[unlocked.id])[0]
    if campaign.phase not in SCREENED:
        raise Conflict("campaign_phase", phase=campaign.phase)
    if tx.get(CampaignEntry, (campaign.id, project_id)) is None:
        raise NotFound("project_unknown")
    rows = tx.rows(
        """SELECT d.id, c.state FROM donation d LEFT JOIN screening_case c ON c.donation_id = d.id
            WHERE d.campaign_id = :campaign AND d.project_id = :project
              AND EXISTS (SELECT FROM reservation r WHERE r.donation_id = d.id AND r.state = 'captured'
                             AND r.live_minor > 0)""",
        campaign=campaign.id,
        project=project_id,
    )
    new = [row.id for row in rows if row.state is None]
    signal = Signal(PROJECT_FROZEN, {"project": project_id, "count": len(new)})
    opened = open_cases(tx, dict.fromkeys(new, (signal,)))
    held_minor = tx.scalar(
        "SELECT coalesce(sum(held_minor), 0) FROM screening_case WHERE donation_id = ANY(:ids)", ids=sorted(opened)
    )
    decided = sum(row.state not in (None, "open") for row in rows)
    held = HeldProject(campaign.id, len(opened), decided, int(held_minor))
    if opened:
        record_audit(
            tx,
            actor,
            "campaign.hold_match",
            f"campaign:{campaign.id}",
            project=project_id,
            cases=held.cases_opened,
            held_minor=held.held_minor,
            reason=reason,
        )
    return held
