"""Replay the match decisions of a campaign: each must have the same result again."""

from campaigns.dependencies import Dependencies
from campaigns.lifecycle.campaign import find_campaign
from campaigns.projects.targets import target_histories
from kernel.db import Tx
from matching.replay import ReplayResult
from matching.replay import replay as replay_matching


def replay(deps: Dependencies, slug: str) -> ReplayResult:
    """Replay a campaign in one snapshot. Raises NotFound `campaign_unknown`."""
    with deps.db.transaction() as tx:
        tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        campaign_id = find_campaign(tx, slug).id
        assert campaign_id is not None
        return replay_matching(tx, campaign_id, _load_donations, lambda ids: target_histories(tx, ids))


def _load_donations(tx: Tx, campaign_id: int) -> None:
    tx.run(
        """INSERT INTO replay_donation (donation_id, amount_minor, pledged_minor, project_id, donor_key, paid_at)
           SELECT id, amount_minor, coalesce(pledged_minor, amount_minor), project_id, donor_key, paid_at
             FROM donation WHERE campaign_id = :campaign""",
        campaign=campaign_id,
    )
