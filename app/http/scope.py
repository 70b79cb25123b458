"""Whose resources a manager may reach through a route: those of their branch, unless the route declares otherwise.

A route argument that `campaigns.holders.RESOURCES` knows names the resource. A resource outside the caller's branch
looks as if it did not exist; changing a resource that the caller may only see is refused.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from flask import g

from app.http.security_events import notice_rights
from campaigns import holders, rights
from campaigns.holders import RESOURCES, Holder
from campaigns.network.roles import Caller
from kernel.db import Tx
from kernel.errors import Forbidden, NotFound, Refusal
from kernel.text import is_storable
from matching.pots import find as find_pot


class Where(StrEnum):
    """Whose resources a route reaches, as `docs/access.md` words it."""

    RESOURCE = "of the own branch"
    FROM_BELOW = "of the own branch and of nodes above it"
    NAMED = "of the own branch; the request names the node or the row"
    LISTED = "lists the own branch"
    FEDERATION = "only without a branch"
    ANY = "of any branch"


_OF_A_CAMPAIGN = ("case_id", "discrepancy_id")  # if the address also names a campaign, they must belong to it


def resource_of(arguments: Mapping[str, Any] | set[str]) -> str | None:
    """Return the route argument that names the deciding resource; None if there is none."""
    return next((kind for kind in RESOURCES if kind in arguments), None)


def require(
    tx: Tx, caller: Caller, where: Where, kind: str | None, arguments: Mapping[str, Any], *, acting: bool
) -> None:
    """Require that a caller may see (`acting`: change) the resource that a route reaches.

    Raises NotFound with the code of the resource's kind, Forbidden `not_permitted`.
    """
    if where is Where.FEDERATION:
        require_holder(caller, holders.FEDERATION)
    if kind is None:
        return
    if kind in _OF_A_CAMPAIGN and "slug" in arguments:
        _require_campaign(tx, kind, arguments)
    if caller.branch_code is None or where not in (Where.RESOURCE, Where.FROM_BELOW):
        return
    g.holder = holders.holder_of(tx, kind, arguments[kind])
    from_below = where is Where.FROM_BELOW
    with _recorded():
        rights.require(tx, caller, g.holder, RESOURCES[kind].unknown, acting=acting, from_below=from_below)


@contextmanager
def _recorded() -> Iterator[None]:
    """Record refusals of what exists, but not for this caller, also those that a view shows on its page."""
    try:
        yield
    except Refusal:
        notice_rights()
        raise


def _require_campaign(tx: Tx, kind: str, arguments: Mapping[str, Any]) -> None:
    if holders.holder_of(tx, kind, arguments[kind]).campaign != arguments["slug"]:
        raise NotFound(RESOURCES[kind].unknown)


def require_holder(caller: Caller, holder: Holder | None) -> None:
    """Require that a resource lies within the caller's branch. Raises Forbidden `not_permitted`."""
    if holder is not None and not rights.may_act(caller, holder):
        notice_rights()
        raise Forbidden("not_permitted")


def require_federation() -> None:
    """Refuse a caller with a branch. Raises Forbidden `not_permitted`."""
    require_holder(g.caller, holders.FEDERATION)


def branch() -> str | None:
    """Return the branch that limits lists; None for the whole network."""
    caller: Caller = g.caller
    return caller.branch_code


def confinement() -> dict[str, Any]:
    """Return the argument `branch` of an act on several resources, which confines the act to the caller's branch;
    no argument for the whole network."""
    own = branch()
    return {} if own is None else {"branch": own}


def require_node(tx: Tx, code: str | None) -> None:
    """Require that an organisation is within the caller's branch. None, the federation, needs a caller without a
    branch.

    The use case reports an unknown organisation, with the field's name. Raises Forbidden `not_permitted`.
    """
    holder = holders.Holder(holders.lineage_of(tx, code)) if code and is_storable(code) else holders.FEDERATION
    require_holder(g.caller, holder)


def require_named(tx: Tx, kind: str, key: Any) -> None:
    """Require that a resource named in a body is within the caller's branch, like one named in an address.

    Raises NotFound with the code of its kind, because a resource outside the branch does not exist for the caller.
    """
    caller: Caller = g.caller
    if caller.branch_code is None:
        return
    holder = holders.holder_of(tx, kind, key)
    with _recorded():
        rights.require(tx, caller, holder, RESOURCES[kind].unknown, acting=True, from_below=False)


def require_merge(tx: Tx, code: str, into: str) -> None:
    """Require that the caller's branch holds both nodes and the first one's parent. Raises Forbidden
    `not_permitted`."""
    lineage = holders.lineage_of(tx, code)
    require_node(tx, lineage[-2] if len(lineage) > 1 else None)
    require_node(tx, into)


def require_draw(tx: Tx, campaign: str, fund_id: int) -> None:
    """Require that the caller may fill pots of a campaign (its slug) from a fund. Raises NotFound for resources
    outside their branch, Forbidden `not_permitted` for a campaign of a node above it."""
    holder = holders.holder_of(tx, "slug", campaign)
    with _recorded():
        rights.require(tx, g.caller, holder, "campaign_unknown", acting=True, from_below=True)
    fund = holders.holder_of(tx, "fund_id", fund_id)
    with _recorded():
        rights.require_draw(tx, g.caller, fund_id, fund, holder)


def require_draw_of_pot(tx: Tx, pot_id: int) -> None:
    """Require that the caller may move money from a pot's fund into it. Raises like `require_draw`."""
    pot = find_pot(tx, pot_id)
    require_draw(tx, holders.holder_of(tx, "pot_id", pot_id).campaign or "", pot.fund_id)
