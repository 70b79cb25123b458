"""What several pages read: public events, the places and projects in them. All amounts in fen."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from campaigns.disclosure.catalogue import ProjectRow, listed
from campaigns.disclosure.totals import PotView, Totals, pot_views, totals
from campaigns.lifecycle.phases import PUBLIC
from campaigns.lifecycle.windows import Windows
from campaigns.projects.targets import targets
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.ids import MOST_ID
from kernel.paging import Page
from kernel.text import is_storable
from matching.rules import parse

GIVING = ("scheduled", "open")
OVER = frozenset({"ended", "settling", "reconciling", "notice", "released", "archived"})


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """A campaign as the public sees it at one moment."""

    id: int
    slug: str
    name: str
    host: str
    phase: str
    opens_at: datetime
    ends_at: datetime
    windows: Sequence[dict[str, str]]
    plan: dict[str, Any]
    currency: str
    now: datetime
    totals: Totals

    @property
    def running(self) -> bool:
        """May be given to now; the clock decides, not how late the scheduler is."""
        return self.phase in GIVING and self.opens_at <= self.now < self.ends_at

    @property
    def shown_phase(self) -> str:
        """The phase as the clock has it, when the scheduler has not written it yet."""
        if self.phase not in GIVING:
            return self.phase
        if self.now >= self.ends_at:
            return "ended"
        return "open" if self.running else "scheduled"

    @property
    def window_open(self) -> bool:
        """Whether match is given now."""
        return Windows.parse(self.windows).open_at(self.now)

    @property
    def next_window_at(self) -> datetime | None:
        """When match is given again, if it is not now."""
        return Windows.parse(self.windows).next_opening(self.now)


class County(NamedTuple):
    """A county that has projects in an event, and how many."""

    code: str
    name: str
    projects: int


_EVENT = """SELECT c.id, c.slug, c.name, o.name, c.phase, c.opens_at, c.ends_at, c.windows, c.plan, c.currency
              FROM campaign c JOIN organisation o ON o.code = c.host_code"""


def campaign_pages(tx: Tx) -> list[CampaignPage]:
    """All events that the public may see, newest first."""
    rows = tx.rows(f"{_EVENT} WHERE c.phase = ANY(:public) ORDER BY c.opens_at DESC", public=_public())
    sums = totals(tx, [row[0] for row in rows])
    return [CampaignPage(*(*row, tx.now, sums[row[0]])) for row in rows]


def campaign_page(tx: Tx, slug: str) -> CampaignPage:
    """One event. Raises NotFound `campaign_unknown`, also for one that is still a draft."""
    asked = slug if is_storable(slug) else ""
    row = tx.row(f"{_EVENT} WHERE c.slug = :slug AND c.phase = ANY(:public)", slug=asked, public=_public())
    if row is None:
        raise NotFound("campaign_unknown")
    return CampaignPage(*(*row, tx.now, totals(tx, [row[0]])[row[0]]))


def _public() -> list[str]:
    return [str(phase) for phase in PUBLIC]


def counties(tx: Tx, campaign_id: int) -> list[County]:
    """Where the projects of an event are, by code."""
    rows = tx.rows(
        """SELECT p.county_code, o.name, count(*) FROM campaign_entry e JOIN project p ON p.id = e.project_id
             JOIN organisation o ON o.code = p.county_code
            WHERE e.campaign_id = :campaign GROUP BY 1, 2 ORDER BY 1""",
        campaign=campaign_id,
    )
    return [County(*row) for row in rows]


def project_in(tx: Tx, campaign_id: int, project_id: int) -> ProjectRow:
    """A project that takes part in an event, with what it raised there. Raises NotFound `project_unknown`."""
    code = tx.scalar(
        """SELECT p.code FROM campaign_entry e JOIN project p ON p.id = e.project_id
            WHERE e.campaign_id = :campaign AND e.project_id = :project""",
        campaign=campaign_id,
        project=min(project_id, MOST_ID),
    )
    if code is not None:
        rows, _ = listed(tx, campaign_id, q=code, page=Page(1, 1_000))
        for row in rows:
            if row.id == project_id:
                return row
    raise NotFound("project_unknown")


def place_names(tx: Tx, pots: Sequence[PotView]) -> dict[str, str]:
    """The names of the organisations to which pots are ring-fenced, by code."""
    codes = {code for pot in pots for code in pot.rules.get("scope", {}).get("under", ())}
    return names(tx, codes)


def names(tx: Tx, codes: Collection[str]) -> dict[str, str]:
    """Organisations' names by code."""
    rows = tx.rows("SELECT code, name FROM organisation WHERE code = ANY(:codes)", codes=sorted(codes))
    return {row[0]: row[1] for row in rows}


def pots(tx: Tx, campaign_id: int) -> list[PotView]:
    """The pots of an event in the order in which they are asked."""
    return pot_views(tx, campaign_id)


def serving(tx: Tx, found: CampaignPage, project_id: int) -> list[PotView]:
    """The pots that serve a project under the rules in force."""
    target = targets(tx, [project_id])[project_id]
    return [pot for pot in pots(tx, found.id) if pot.rules and parse(pot.rules).scope.excludes(target) is None]
