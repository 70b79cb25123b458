"""People of the demo: teams, approved messages, and the host's contact."""

from campaigns.dependencies import Dependencies
from campaigns.desks import team_desk, words_desk
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.host_contact import Contact, set_contact
from kernel.paging import Page

UNREAD = 4  # messages left for review, so that the desk is not empty


def gather(deps: Dependencies, campaign: str, teams: dict[str, str], actor: str) -> None:
    """Approve the teams named by gifts (name -> kind), approve messages, and set the host's contact."""
    with deps.db.transaction() as tx:
        campaign_id = find_campaign(tx, campaign).id or 0
        for name, kind in teams.items():
            team_desk.approve_label(tx, campaign_id, name, kind, actor)
        set_contact(tx, campaign, Contact("0379-0000000", "9:00-18:00", "help@example.org"), actor)
        _, total = words_desk.listed(tx, deps.keys, page=Page(1, 1))
        rows, _ = words_desk.listed(tx, deps.keys, page=Page(1, max(total, 1)))
        read = [row.id for row in rows if not row.suspicion][:-UNREAD]
        words_desk.decide(tx, read, actor, show=True)
