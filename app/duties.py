"""Acts of the manager who calls that may need a second person: done at once, or stored as an approval."""

from typing import Any

from flask import g

from app.current import deps
from app.live.publish import publish
from campaigns import rights
from campaigns.approvals import desk
from campaigns.approvals.act import Attempt
from campaigns.approvals.acts import ACTS
from campaigns.approvals.desk import Place
from campaigns.approvals.models import Approval
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import NotFound

# Who may decide about any of them; the act itself decides which of these is needed.
DECIDERS: tuple[Permission, ...] = tuple(sorted({act.permission for act in ACTS.values()}))


def perform(tx: Tx, name: str, subject: Any, reason: str = "", place: Place | None = None, **arguments: Any) -> Any:
    """Do an act and return its result, or the Approval that it waits for. `place` says where those who decide have
    their rights (default: where the subject belongs). Raises as `campaigns.approvals.desk`."""
    where = place or place_of(tx, name, subject)
    return desk.perform(tx, deps(), g.caller, name, subject, where, reason, **arguments)


def needs_second(tx: Tx, name: str, subject: Any, **arguments: Any) -> bool:
    """Whether the caller may not do an act alone."""
    return desk.needs_second(tx, g.caller, name, Attempt(deps(), subject, arguments, g.caller.name, ""))


def ask_if_needed(tx: Tx, name: str, subject: Any, reason: str, **arguments: Any) -> Approval | None:
    """Ask for an act that needs a second person; None, and nothing done, when it needs none."""
    attempt = Attempt(deps(), subject, arguments, g.caller.name, reason)
    return desk.ask_if_needed(tx, g.caller, name, attempt, place_of(tx, name, subject))


def approve(tx: Tx, approval_id: int, note: str) -> Approval:
    """Approve and do an act; open pages learn of it after the commit. Raises as `campaigns.approvals.desk`."""
    approval = desk.approve(tx, deps(), g.caller, approval_id, note)
    news_of(tx, approval.campaign)
    return approval


def news_of(tx: Tx, slug: str | None) -> None:
    """Let open pages of a campaign, if any, know of what was done, after the commit."""
    if slug:
        campaign_id = find_campaign(tx, slug).id or 0
        tx.after_commit(lambda: publish({campaign_id}))


def place_of(tx: Tx, name: str, subject: Any) -> Place:
    """Return where the subject of an act belongs; what is nobody's, or does not exist, is the federation's."""
    try:
        return Place(*rights.holder_of(tx, ACTS[name].kind, subject))
    except NotFound:
        return Place()
