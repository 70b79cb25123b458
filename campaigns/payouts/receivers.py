"""Who may receive money that a project of a campaign gives up: other projects and funds of the same host.

The host answers for a campaign's money (慈善法 第26条, 第55条, 第58条), so the money stays with what the host is
responsible for.
"""

from collections.abc import Sequence

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from campaigns.funds.models import Fund
from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.network.organisations import find as find_organisation
from campaigns.projects.models import Project
from campaigns.projects.states import Status
from kernel.db import Tx
from kernel.errors import Conflict

TAKES_MORE = (Status.APPROVED, Status.FUNDRAISING, Status.EXECUTING)


def are_of_campaign(campaign: Campaign) -> ColumnElement[bool]:
    """Return the SQL condition that a project takes part in a campaign or lies in the branch of its host."""
    entered = select(CampaignEntry.project_id).where(CampaignEntry.campaign_id == campaign.id)
    return or_(col(Project.lineage).contains([campaign.host_code]), col(Project.id).in_(entered))


def require_receiver(tx: Tx, campaign: Campaign, project: Project) -> None:
    """Require that a project may receive money of a campaign.

    Raises Conflict `project_state` unless it is approved and not ended, `project_of_another_host` unless it takes
    part in the campaign or lies in the branch of its host.
    """
    if project.status not in TAKES_MORE:
        raise Conflict("project_state", status=project.status)
    if tx.first(select(Project).where(Project.id == project.id, are_of_campaign(campaign))) is None:
        raise Conflict("project_of_another_host")


def fund_owners(tx: Tx, campaign: Campaign) -> Sequence[str]:
    """Return the organisations whose funds may receive money of a campaign: its host and those above it."""
    return find_organisation(tx, campaign.host_code).lineage


def are_of_host(tx: Tx, campaign: Campaign) -> ColumnElement[bool]:
    """Return the SQL condition that a fund is the federation's (without organisation) or of the host's lineage."""
    owner = col(Fund.organisation_code)
    return or_(owner.is_(None), owner.in_(fund_owners(tx, campaign)))
