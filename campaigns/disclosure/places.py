"""The counties of a campaign's projects and their townships, for donors who look for their village."""

from typing import NamedTuple

from sqlmodel import col, func, select

from campaigns.lifecycle.models import CampaignEntry
from campaigns.network.models import Organisation
from campaigns.projects.models import Project, Spelling
from kernel.db import Tx


class Place(NamedTuple):
    """A county or township with projects in a campaign.

    `pinyin` is empty until its name is spelled. The degrees are None if they were never entered.
    """

    code: str
    name: str
    pinyin: str
    projects: int
    latitude: float | None
    longitude: float | None


class CountyPlaces(NamedTuple):
    """A county, and its townships with projects, in dictionary order."""

    county: Place
    townships: list[Place]


def places(tx: Tx, campaign_id: int) -> list[CountyPlaces]:
    """Return all counties with projects in a campaign, in dictionary order. Takes two queries."""
    townships: dict[str, list[Place]] = {}
    for county_code, place in _places(tx, campaign_id, "township_code"):
        townships.setdefault(county_code, []).append(place)
    return [
        CountyPlaces(place, townships.get(place.code, [])) for _, place in _places(tx, campaign_id, "county_code")
    ]


def pinyin_of(tx: Tx, names: list[str]) -> dict[str, str]:
    """Return name -> pinyin, for the names that have been spelled."""
    return dict(tx.all(select(Spelling.name, Spelling.syllables).where(col(Spelling.name).in_(names))))


def _places(tx: Tx, campaign_id: int, level: str) -> list[tuple[str, Place]]:
    """Return the places of a level, each with the code of its parent."""
    code = getattr(Project, level)
    rows = tx.all(
        select(Organisation, func.coalesce(Spelling.syllables, ""), func.count())
        .join(Project, code == Organisation.code)
        .join(CampaignEntry, col(CampaignEntry.project_id) == Project.id)
        .outerjoin(Spelling, col(Spelling.name) == Organisation.name)
        .where(CampaignEntry.campaign_id == campaign_id)
        .group_by(Organisation.code, Spelling.syllables)
        .order_by(func.coalesce(Spelling.syllables, Organisation.name), Organisation.code)
    )
    return [
        (node.parent_code or "", Place(node.code, node.name, pinyin, projects, node.latitude, node.longitude))
        for node, pinyin, projects in rows
    ]
