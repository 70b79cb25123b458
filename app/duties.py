"""Acts of the calling manager that may need a second person: executed at once, or stored as an approval."""

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

# The permissions that may decide approvals. The act itself determines which of them is needed.
DECIDERS: tuple[Permission, ...] = tuple(sorted({act.permission for act in ACTS.values()}))


def perform(tx: Tx, name: str, subject: Any, reason: str = "", place: Place | None = None, **arguments: Any) -> Any:
    """Execute an act and return its result, or the Approval that it waits for.

    `place`: where those who decide must have their rights (default: where the subject belongs). Raises as
    `campaigns.approvals.desk`.
    """
    where = place or place_of(tx, name, subject)
    return desk.perform(tx, deps(), g.caller, name, subject, where, reason, **arguments)


def needs_second(tx: Tx, name: str, subject: Any, **arguments: Any) -> bool:
    """Return whether the caller needs a second person for an act."""
    return desk.needs_second(tx, g.caller, name, Attempt(deps(), subject, arguments, g.caller.name, ""))


def ask_if_needed(tx: Tx, name: str, subject: Any, reason: str, **arguments: Any) -> Approval | None:
    """Request an approval if the act needs a second person; otherwise do nothing and return None."""
    attempt = Attempt(deps(), subject, arguments, g.caller.name, reason)
    return desk.ask_if_needed(tx, g.caller, name, attempt, place_of(tx, name, subject))


def approve(tx: Tx, approval_id: int, note: str) -> Approval:
    """Approve an act, which executes it, and notify open pages after the commit. Raises as
    `campaigns.approvals.desk`."""
    approval = desk.approve(tx, deps(), g.caller, approval_id, note)
    news_of(tx, approval.campaign)
    return approval


def news_of(tx: Tx, slug: str | None) -> None:
    """Notify the open pages of a campaign, if there is one, after the commit."""
    if slug:
        campaign_id = find_campaign(tx, slug).id or 0
        tx.after_commit(lambda: publish({campaign_id}))


def place_of(tx: Tx, name: str, subject: Any) -> Place:
    """Return where the subject of an act belongs: to the federation if it has no holder or does not exist."""
    try:
        return Place(*rights.holder_of(tx, ACTS[name].kind, subject))
    except NotFound:
        return Place()
