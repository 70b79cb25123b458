"""Which tiers of projects a node may file. For example, a village may not file a brand project of the city."""

from campaigns.network.organisations import find
from kernel.db import Tx
from kernel.errors import Invalid, fault
from matching.rules import TIERS, Level, Tier

_OF_LEVEL = {
    Level.CITY: TIERS,
    Level.COUNTY: (Tier.SPECIAL, Tier.MICRO),
    Level.TOWNSHIP: (Tier.MICRO,),
    Level.VILLAGE: (Tier.MICRO,),
}


def tiers_of(tx: Tx, branch_code: str | None) -> tuple[str, ...]:
    """Return the tiers that a manager of a branch may file; None is the whole network."""
    if branch_code is None:
        return tuple(map(str, TIERS))
    return tuple(map(str, _OF_LEVEL[Level(find(tx, branch_code).level)]))


def require_tier(tx: Tx, tier: str, branch_code: str | None) -> None:
    """Raise Invalid `project_invalid` for a tier that a manager of a branch may not file."""
    allowed = tiers_of(tx, branch_code)
    if tier in TIERS and tier not in allowed:
        raise Invalid("project_invalid", fields={"tier": fault("tier_beyond_branch", options=list(allowed))})
