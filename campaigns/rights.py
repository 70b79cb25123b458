"""Who may see a resource, and who may act on it.

A resource belongs to a node of the network, or to the federation (`campaigns.holders`). Callers with a branch
act on what belongs to their branch or below. To them, everything outside looks as if it did not exist.
"""

from campaigns.funds.grants import granted_to
from campaigns.holders import Holder, lineage_of
from campaigns.network.organisations import root
from campaigns.network.roles import Caller
from kernel.db import Tx
from kernel.errors import Forbidden, NotFound


def widened(tx: Tx, caller: Caller) -> Caller:
    """Return the caller without a branch if theirs is the whole network."""
    if caller.branch_code is None:
        return caller
    return caller._replace(branch_code=None) if root(tx) == caller.branch_code else caller


def may_act(caller: Caller, holder: Holder) -> bool:
    """Return whether a resource belongs to the caller's branch."""
    return caller.branch_code is None or caller.branch_code in holder.lineage


def may_see(tx: Tx, caller: Caller, holder: Holder, *, from_below: bool = False) -> bool:
    """Return whether a caller may see a resource; with `from_below`, callers below its node see it too."""
    if may_act(caller, holder):
        return True
    return from_below and bool(holder.lineage) and holder.lineage[-1] in lineage_of(tx, caller.branch_code or "")


def require(tx: Tx, caller: Caller, holder: Holder, unknown: str, *, acting: bool, from_below: bool) -> None:
    """Raise NotFound `unknown` for a resource that the caller may not see, Forbidden `not_permitted` for one that
    they may see but not act on."""
    if not may_see(tx, caller, holder, from_below=from_below):
        raise NotFound(unknown)
    if acting and not may_act(caller, holder):
        raise Forbidden("not_permitted")


def require_draw(tx: Tx, caller: Caller, fund_id: int, fund: Holder, campaign: Holder) -> None:
    """Require that a caller may fill a campaign's pots from a fund: it is theirs, or was granted to a branch with
    the campaign's host. Raises NotFound `fund_unknown`, because the funds of others do not exist for them."""
    if may_act(caller, fund):
        return
    if not granted_to(tx, fund_id).intersection(campaign.lineage):
        raise NotFound("fund_unknown")
