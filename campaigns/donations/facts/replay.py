"""Replay the match decisions of a campaign. Each must have the same result as before."""

from campaigns.dependencies import Dependencies
from campaigns.lifecycle.campaign import find_campaign
from campaigns.projects.targets import target_histories
from kernel.db import Tx
from kernel.ids import MOST_ID
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
        """INSERT INTO replay_donation (donation_id, amount_minor, pledged_minor, project_id, donor_key, paid_at,
                                        since, until)
           WITH own AS (SELECT * FROM donation WHERE campaign_id = :campaign),
                turns AS (
                    SELECT d.id, k.from_project_id AS project_id, k.position AS until,
                           lag(k.position, 1, CAST(0 AS bigint)) OVER (PARTITION BY d.id ORDER BY k.number) AS since
                      FROM own d JOIN project_correction k ON k.donation_id = d.id
                     UNION ALL
                    SELECT d.id, d.project_id, :newest,
                           coalesce((SELECT max(position) FROM project_correction WHERE donation_id = d.id), 0)
                      FROM own d)
           SELECT d.id, d.amount_minor, coalesce(d.pledged_minor, d.amount_minor), t.project_id, d.donor_key,
                  d.paid_at, t.since, t.until
             FROM own d JOIN turns t ON t.id = d.id""",
        campaign=campaign_id,
        newest=MOST_ID,
    )
