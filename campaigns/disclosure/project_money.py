"""The money of one project, campaign by campaign, for those who run it."""

from typing import NamedTuple

from campaigns.payouts.figures import Figures, of_project
from campaigns.spending.figures import paid_of
from kernel.db import Tx


class CampaignMoney(NamedTuple):
    """What a project got in a campaign, in fen.

    - `matched_minor`: captured or released match; `held_minor`: match on hold.
    - `donations`: paid and not refunded; `cases`: open screening cases.
    - `figures`: how the money was divided and paid out since the release.
    - `paid_minor`: what was paid out for the project itself and did not come back.
    """

    campaign_id: int
    slug: str
    name: str
    phase: str
    raised_minor: int
    matched_minor: int
    held_minor: int
    donations: int
    cases: int
    figures: Figures = Figures()
    paid_minor: int = 0


_CAMPAIGNS = """
    SELECT c.id AS campaign_id, c.slug, c.name, c.phase,
           coalesce((SELECT raised_minor FROM project_raised
                      WHERE campaign_id = c.id AND project_id = e.project_id), 0) AS raised_minor,
           coalesce(m.matched_minor, 0) AS matched_minor, coalesce(m.held_minor, 0) AS held_minor,
           (SELECT count(*) FROM donation d WHERE d.campaign_id = c.id AND d.project_id = e.project_id
               AND d.paid_at IS NOT NULL AND d.status <> 'refunded') AS donations,
           (SELECT count(*) FROM screening_case s JOIN donation d ON d.id = s.donation_id
             WHERE s.campaign_id = c.id AND s.state = 'open' AND d.project_id = e.project_id) AS cases
      FROM campaign_entry e JOIN campaign c ON c.id = e.campaign_id
      LEFT JOIN LATERAL (
           SELECT CAST(sum(b.balance_minor) FILTER (WHERE b.kind IN ('pot_captured', 'pot_released')) AS bigint)
                      AS matched_minor,
                  CAST(sum(b.balance_minor) FILTER (WHERE b.kind = 'pot_held') AS bigint) AS held_minor
             FROM pot p JOIN pot_balance b ON b.pot_id = p.id AND b.project_id = e.project_id
            WHERE p.campaign_id = c.id) AS m ON true
     WHERE e.project_id = :project ORDER BY c.opens_at DESC, c.id DESC LIMIT :most"""
MOST_CAMPAIGNS = 20
_DIVIDED = ("released", "archived")


def money_of(tx: Tx, project_id: int) -> list[CampaignMoney]:
    """Return the money of a project in its newest campaigns."""
    rows = tx.rows(_CAMPAIGNS, project=project_id, most=MOST_CAMPAIGNS)
    return [_with_shares(tx, project_id, CampaignMoney(*row)) for row in rows]


def _with_shares(tx: Tx, project_id: int, money: CampaignMoney) -> CampaignMoney:
    if money.phase not in _DIVIDED:
        return money
    figures = of_project(tx, money.campaign_id, project_id)
    return money._replace(figures=figures, paid_minor=paid_of(tx, project_id, money.campaign_id))
