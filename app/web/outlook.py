"""What the pots of a campaign offer now, in one glance: for the strip of an event, the chip of a project, and the
moment at which the clock alone changes either. What a certain visitor gets is a question for `forecast`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.disclosure.campaigns import CampaignView
from campaigns.disclosure.totals import PotView


class Outlook(NamedTuple):
    """The state of the match that some pots give together.

    `state`: `open` (match at `ratio_bps`), `drawn` (only by draw, after payment), `locked` (a challenge comes
    first), `shut` (outside match hours), `later` (the next tranche opens `at`), `paused` (by a
    manager), `spent`, or `none` without pots.
    """

    state: str
    free_minor: int = 0
    ratio_bps: int = 0
    least_bps: int = 0
    at: datetime | None = None  # when more match can be claimed, if that is known


def outlook(campaign: CampaignView, pots: Sequence[PotView]) -> Outlook:
    """Return what these pots offer now."""
    if not pots:
        return Outlook("none")
    if not campaign.window_open:
        return Outlook("shut", at=campaign.next_window_at)
    # The next tranche of a pot that is paused or locked brings nobody match.
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
    """Return when the clock alone changes what a page shows: a start, an end, match hours, a tranche."""
    spans = campaign.windows.spans
    moments = [campaign.opens_at, campaign.ends_at, *(moment for span in spans for moment in span)]
    moments += [pot.next_tranche_at for pot in pots if pot.next_tranche_at]
    return min((moment for moment in moments if moment > campaign.now), default=None)
