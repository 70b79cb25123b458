"""Acts of the calling manager that may need a second person: executed at once, or stored as an approval."""

from typing import Any

from flask import g

from app.current import deps
from app.live.publish import publish
from campaigns.approval_places import place_of
from campaigns.approvals import desk
from campaigns.approvals.act import Attempt
from campaigns.approvals.acts import ACTS
from campaigns.approvals.models import Approval
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from kernel.db import Tx

# The permissions that may decide approvals. The act itself determines which of them is needed.
DECIDERS: tuple[Permission, ...] = tuple(sorted({act.permission for act in ACTS.values()}))


def perform(tx: Tx, name: str, subject: Any, reason: str = "", **arguments: Any) -> Any:
    """Execute an act and return its result, or the Approval that it waits for.

    Raises as `campaigns.approvals.desk`.
    """
    place = place_of(tx, name, subject, arguments)
    return desk.perform(tx, deps(), g.caller, name, subject, place, reason, **arguments)


def needs_second(tx: Tx, name: str, subject: Any, **arguments: Any) -> bool:
    """Return whether the caller needs a second person for an act."""
    return desk.needs_second(tx, g.caller, name, Attempt(deps(), subject, arguments, g.caller.name, ""))


def ask_if_needed(tx: Tx, name: str, subject: Any, reason: str, **arguments: Any) -> Approval | None:
    """Request an approval if the act needs a second person; otherwise do nothing and return None."""
    attempt = Attempt(deps(), subject, arguments, g.caller.name, reason)
    return desk.ask_if_needed(tx, g.caller, name, attempt, place_of(tx, name, subject, arguments))


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
