"""The money of a project that may be given another purpose, and the projects and funds that the surplus rule
allows."""

from typing import NamedTuple

from sqlmodel import col, select

from campaigns.funds.models import Fund
from campaigns.lifecycle.models import Campaign
from campaigns.payouts.allot import RELEASED
from campaigns.payouts.models import SurplusWay
from campaigns.payouts.receivers import TAKES_MORE, are_of_campaign, are_of_host
from campaigns.payouts.rules import rules_of_campaign
from campaigns.projects.models import Project
from kernel.db import Tx
from ledger.chart import PAID_OUT

MOST_TARGETS = 200


class Movable(NamedTuple):
    """The money of a project's share in a released campaign that is not set aside, in fen.

    `rule` is the code of the rule for its surplus, and `plan_rule` the text of the campaign's plan about it.
    """

    slug: str
    campaign_name: str
    share: str
    available_minor: int
    rule: str
    plan_rule: str


class Target(NamedTuple):
    """A project or fund that may get a surplus."""

    id: int
    name: str


def movable(tx: Tx, project_id: int) -> list[Movable]:
    """Return the movable money of a project, by campaign and share."""
    rows = tx.rows(
        """SELECT campaign_id, kind, balance_minor FROM share_balance
            WHERE project_id = :project AND kind = ANY(:kinds) AND balance_minor > 0 ORDER BY campaign_id, kind""",
        project=project_id,
        kinds=[str(kind) for kind in PAID_OUT],
    )
    own = select(Campaign).where(col(Campaign.id).in_([row.campaign_id for row in rows]))
    campaigns = {campaign.id: campaign for campaign in tx.all(own) if campaign.phase in RELEASED}
    shown = []
    for row in rows:
        if campaign := campaigns.get(row.campaign_id):
            rule = rules_of_campaign(tx, campaign).surplus_to
            plan_rule = campaign.plan.get("surplus_rule", "")
            shown.append(Movable(campaign.slug, campaign.name, row.kind, row.balance_minor, rule, plan_rule))
    return shown


class Payer(NamedTuple):
    """A campaign that paid out money for a project, without what came back, in fen."""

    slug: str
    name: str
    paid_minor: int


def payers(tx: Tx, project_id: int) -> list[Payer]:
    """Return the campaigns whose money for a project is paid out, oldest first."""
    sql = """SELECT c.slug, c.name, CAST(sum(m.minor) AS bigint) AS paid_minor
               FROM (SELECT l.campaign_id, s.amount_minor AS minor
                       FROM remittance_part s JOIN remittance r ON r.id = s.remittance_id
                       JOIN payout_plan l ON l.id = r.plan_id
                      WHERE s.project_id = :project AND r.state = 'paid'
                      UNION ALL
                     SELECT campaign_id, -amount_minor FROM surplus_return WHERE project_id = :project) m
               JOIN campaign c ON c.id = m.campaign_id
              GROUP BY c.id HAVING sum(m.minor) > 0 ORDER BY c.id"""
    return tx.rows_as(Payer, sql, project=project_id)


def targets(tx: Tx, project: Project, campaign: Campaign) -> list[Target]:
    """Return the projects (by the rule `fund`, the funds) that may get a project's surplus of a campaign.

    Projects of the same county come first; otherwise they are ordered by name.
    """
    rule = rules_of_campaign(tx, campaign).surplus_to
    if rule == SurplusWay.FUND:
        owned = are_of_host(tx, campaign)
        funds = tx.all(select(Fund).where(owned).order_by(col(Fund.name)).limit(MOST_TARGETS))
        return [Target(fund.id or 0, fund.name) for fund in funds]
    same = (
        col(Project.theme) == project.theme
        if rule == SurplusWay.SAME_PURPOSE
        else col(Project.township_code) == (project.township_code or None)
    )
    open_ones = col(Project.status).in_(TAKES_MORE), are_of_campaign(campaign)
    others = select(Project).where(same, Project.id != project.id, *open_ones)
    near = col(Project.county_code) != project.county_code
    rows = tx.all(others.order_by(near, col(Project.name), col(Project.id)).limit(MOST_TARGETS))
    return [Target(row.id or 0, f"{row.name} {row.code}") for row in rows]
