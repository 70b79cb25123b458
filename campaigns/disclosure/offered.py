"""Which paid donations without match freed match is still offered to. One answer for every page of a donor."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from campaigns.disclosure.pot_details import served_by
from campaigns.disclosure.totals import pot_views
from campaigns.donations.states import Status
from campaigns.donations.view import DonationView
from campaigns.lifecycle.models import Campaign
from campaigns.lifecycle.phases import Phase
from campaigns.projects.targets import targets
from kernel.db import Tx

# After these, match is final.
_OFFERING = frozenset({Phase.SCHEDULED, Phase.OPEN, Phase.ENDED, Phase.SETTLING})


def is_offered(donation: DonationView, phase: str, *, served: bool) -> bool:
    """Return whether a donation without match may still get some. `served`: a pot serves its project."""
    paid = donation.status in (Status.PAID, Status.SETTLED)
    return paid and served and phase in _OFFERING and not donation.captured_minor and not donation.held_minor


def offered_among(tx: Tx, donations: Sequence[DonationView]) -> set[UUID]:
    """Return the ids of those donations that may still get match.

    Takes one query, and two more per campaign in which a donation has none.
    """
    bare = [view for view in donations if is_offered(view, Phase.OPEN, served=True)]
    slugs = {view.campaign for view in bare}
    rows = tx.all(select(Campaign.slug, Campaign.id, Campaign.phase).where(col(Campaign.slug).in_(slugs)))
    offered: set[UUID] = set()
    for slug, campaign_id, phase in rows:
        own = [view for view in bare if view.campaign == slug and is_offered(view, phase, served=True)]
        if own:
            serving, places = (
                served_by(pot_views(tx, campaign_id or 0)),
                targets(tx, {view.project_id for view in own}),
            )
            offered |= {view.id for view in own if serving(places[view.project_id])}
    return offered
