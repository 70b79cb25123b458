"""Data of the campaign pages, read once for all pages built together."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from app.shared_pages.reading import read_once
from campaigns.disclosure.campaigns import CampaignView, entries, public_campaign
from campaigns.disclosure.catalogue import ProjectRow
from campaigns.disclosure.pot_details import place_names, served_by
from campaigns.disclosure.totals import PotView, pot_views
from campaigns.projects.targets import targets
from kernel.db import Tx
from kernel.errors import NotFound
from matching.rules import Target


class Shown(NamedTuple):
    """A campaign with its pots, the names of the places in their rules, and which of them serve a project."""

    campaign: CampaignView
    pots: Sequence[PotView]
    places: Mapping[str, str]
    serving: Callable[[Target], list[PotView]]  # the pots that serve a project


class Entries(NamedTuple):
    """The projects of a campaign by id, and what decides which pots serve each."""

    rows: Mapping[int, ProjectRow]
    targets: Mapping[int, Target]


def shown_campaign(slug: str) -> Shown:
    """Return a public campaign. Raises NotFound `campaign_unknown`."""

    def read(tx: Tx) -> Shown:
        campaign = public_campaign(tx, slug)
        pots = pot_views(tx, campaign.id)
        return Shown(campaign, pots, place_names(tx, pots), served_by(pots))

    return read_once(("campaign", slug), read)


def shown_project(shown: Shown, project_id: int) -> tuple[ProjectRow, list[PotView]]:
    """Return a project of a campaign and the pots that serve it. Raises NotFound `project_unknown`."""

    def read(tx: Tx) -> Entries:
        rows = entries(tx, shown.campaign.id)
        return Entries(rows, targets(tx, list(rows)))

    taking_part = read_once(("entries", shown.campaign.id), read)
    row = taking_part.rows.get(project_id)
    if row is None:
        raise NotFound("project_unknown")
    return row, shown.serving(taking_part.targets[project_id])
