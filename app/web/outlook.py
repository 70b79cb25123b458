"""What a campaign's pots offer now, for the strip of a campaign and the chip of a project, and when time alone
changes either. `forecast` says what a particular visitor gets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.disclosure.campaigns import CampaignView
from campaigns.disclosure.totals import PotView


class Outlook(NamedTuple):
    """The combined state of the match of some pots.

    `state`: `open` (match at `ratio_bps`), `drawn` (by draw only, after payment), `locked` (a challenge comes
    first), `shut` (outside match hours), `later` (the next tranche opens `at`), `paused` (by a manager), `spent`,
    or `none` without pots.
    """

    state: str
    free_minor: int = 0
    ratio_bps: int = 0
    least_bps: int = 0
    at: datetime | None = None  # when more match can be claimed, if known


def outlook(campaign: CampaignView, pots: Sequence[PotView]) -> Outlook:
    """Return what these pots offer now."""
    if not pots:
        return Outlook("none")
    if not campaign.window_open:
        return Outlook("shut", at=campaign.next_window_at)
    # The next tranche of a paused or locked pot gives no match.
    coming = [pot.next_tranche_at for pot in pots if not pot.paused and not pot.locked]
    later = min((moment for moment in coming if moment), default=None)
    giving = [pot for pot in pots if pot.available_minor and not pot.locked]
    if giving:
        free_minor = sum(pot.available_minor for pot in giving)
        certain = [pot for pot in giving if pot.kind != "random"]
        rules: dict[str, Any] = (certain or giving)[0].rules
        least_bps = (rules.get("random") or {}).get("least_bps", 0)
        return Outlook("open" if certain else "drawn", free_minor, rules.get("ratio_bps", 0), least_bps, later)
    if later is not None:
        return Outlook("later", at=later)
    if any(pot.paused and pot.paused_minor for pot in pots):
        return Outlook("paused")
    return Outlook("locked" if any(pot.locked for pot in pots) else "spent")


def next_change(campaign: CampaignView, pots: Sequence[PotView]) -> datetime | None:
    """Return when time alone next changes what a page shows: a start, an end, match hours or a tranche."""
    spans = campaign.windows.spans
    moments = [campaign.opens_at, campaign.ends_at, *(moment for span in spans for moment in span)]
    moments += [pot.next_tranche_at for pot in pots if pot.next_tranche_at]
    return min((moment for moment in moments if moment > campaign.now), default=None)
