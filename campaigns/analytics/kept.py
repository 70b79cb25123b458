"""Keep the counts of a campaign, so that nobody who looks at them waits for a million donations to be counted.

The job `analytics` counts again after the money of a campaign changed. It uses a small share of the time of one
core, so the counts of a large campaign are kept for longer.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.analytics.cells import Cell, Donors, count_cells, count_cells_below, count_donors
from campaigns.analytics.models import AnalyticsRun
from campaigns.analytics.sources import count_sources, keep_sources
from campaigns.analytics.teams import NEW, count_large, keep_large
from campaigns.dependencies import Dependencies
from campaigns.lifecycle.models import Campaign, CampaignTally
from campaigns.lifecycle.phases import Phase
from campaigns.network.organisations import find
from kernel.db import Tx
from kernel.ids import fingerprint
from matching.rules import Level

SHARE = 20  # one part in so many of a core's time
LEAST = timedelta(seconds=20)  # our default
AT_LAST = timedelta(minutes=10)  # while donations come, for changes that cancel each other out
LATEST = timedelta(minutes=5)  # older counts of other money are not shown: the job is not running
_WITHIN_A_COUNTY = (Level.TOWNSHIP, Level.VILLAGE)
_OVER = (Phase.RELEASED, Phase.ARCHIVED, Phase.CANCELLED)


class Counted(NamedTuple):
    """The counts of a campaign or of a branch's part in it, and when they were made. `donors` is None for a branch,
    because donors are counted by campaign."""

    at: datetime
    cells: list[Cell]
    donors: Donors | None


def counted(tx: Tx, campaign: Campaign, branch: str | None = None) -> Counted:
    """Return the kept counts of a campaign. They are made now if there are none, and for a branch within a county,
    which has few donations."""
    run = current(tx, campaign)
    if branch is None:
        if run is None:
            return Counted(tx.now, count_cells(tx, campaign), count_donors(tx, campaign))
        donors = Donors(run.first_donors, run.again_donors, run.several_donors)
        return Counted(run.counted_at, _cells(tx, campaign, None), donors)
    if run is None or find(tx, branch).level in _WITHIN_A_COUNTY:
        return Counted(tx.now, count_cells_below(tx, campaign, branch), None)
    return Counted(run.counted_at, _cells(tx, campaign, branch), None)


def _cells(tx: Tx, campaign: Campaign, branch: str | None) -> list[Cell]:
    return tx.rows_as(
        Cell,
        """SELECT place_code, dimension, key, donations, given_minor FROM analytics_cell
            WHERE campaign_id = :campaign
              AND (CAST(:branch AS text) IS NULL OR place_code IN (
                       SELECT code FROM organisation WHERE lineage @> ARRAY[CAST(:branch AS text)]))""",
        campaign=campaign.id,
        branch=branch,
    )


def current(tx: Tx, campaign: Campaign) -> AnalyticsRun | None:
    """Return the last run if its counts may still be shown."""
    run = tx.get(AnalyticsRun, campaign.id)
    if run is None:
        return None
    late = tx.now - run.counted_at > max(LATEST, 2 * _pause(run))
    return None if late and run.state_hash != _state(tx, campaign) else run


def count_due(deps: Dependencies) -> int:
    """Count the donations of all campaigns whose counts are due; return how many campaigns."""
    with deps.db.transaction() as tx:
        campaigns = tx.all(select(Campaign).where(Campaign.phase != Phase.DRAFT).order_by(col(Campaign.id)))
        due = [campaign for campaign in campaigns if _is_due(tx, campaign)]
    for campaign in due:
        keep(deps, campaign)
    return len(due)


def keep(deps: Dependencies, campaign: Campaign) -> None:
    """Count the donations of a campaign and keep the counts.

    Counting is a transaction of its own, which writes nothing, so nobody waits for it. The state of the books is
    read first: what changes meanwhile is due again.
    """
    with deps.db.transaction() as tx:
        began, state = time.monotonic(), _state(tx, campaign)
        now = Counted(tx.now, count_cells(tx, campaign), count_donors(tx, campaign))
        teams = count_large(tx, campaign, now.cells, now.at - NEW)
        sources = count_sources(tx, campaign.id or 0)
        took_ms = int(1000 * (time.monotonic() - began))
    assert now.donors is not None
    with deps.db.transaction() as tx:
        tx.run(
            """INSERT INTO analytics_run (campaign_id, counted_at, took_ms, state_hash, first_donors, again_donors,
                                          several_donors)
               VALUES (:campaign, :at, :took_ms, :state, :first, :again, :several)
               ON CONFLICT (campaign_id) DO UPDATE
                  SET counted_at = excluded.counted_at, took_ms = excluded.took_ms,
                      state_hash = excluded.state_hash, first_donors = excluded.first_donors,
                      again_donors = excluded.again_donors, several_donors = excluded.several_donors""",
            campaign=campaign.id,
            at=now.at,
            took_ms=took_ms,
            state=state,
            **now.donors._asdict(),
        )
        _write(tx, campaign, now.cells)
        keep_large(tx, campaign, teams, now.at - NEW)
        keep_sources(tx, campaign, sources)


def _write(tx: Tx, campaign: Campaign, cells: Sequence[Cell]) -> None:
    """Replace the counts of a campaign. Cells that did not change are not written again."""
    columns = {
        "places": [cell.place_code for cell in cells],
        "dimensions": [cell.dimension for cell in cells],
        "keys": [cell.key for cell in cells],
    }
    tx.run(
        """DELETE FROM analytics_cell WHERE campaign_id = :campaign AND (place_code, dimension, key) NOT IN (
                  SELECT * FROM unnest(CAST(:places AS text[]), CAST(:dimensions AS text[]),
                                       CAST(:keys AS text[])))""",
        campaign=campaign.id,
        **columns,
    )
    tx.run(
        """INSERT INTO analytics_cell AS kept (campaign_id, place_code, dimension, key, donations, given_minor)
           SELECT CAST(:campaign AS bigint), u.*
             FROM unnest(CAST(:places AS text[]), CAST(:dimensions AS text[]), CAST(:keys AS text[]),
                         CAST(:donations AS bigint[]), CAST(:given AS bigint[])) AS u
           ON CONFLICT (campaign_id, place_code, dimension, key) DO UPDATE
              SET donations = excluded.donations, given_minor = excluded.given_minor
            WHERE (kept.donations, kept.given_minor) <> (excluded.donations, excluded.given_minor)""",
        campaign=campaign.id,
        **columns,
        donations=[cell.donations for cell in cells],
        given=[cell.given_minor for cell in cells],
    )


def _is_due(tx: Tx, campaign: Campaign) -> bool:
    """Return whether the money changed since the last run, which must be some time ago. The clock may have been set
    back since."""
    run = tx.get(AnalyticsRun, campaign.id)
    if run is None:
        tally = tx.get(CampaignTally, campaign.id)
        return tally is not None and tally.donations > 0
    age = tx.now - run.counted_at
    if timedelta() <= age < _pause(run):
        return False
    return run.state_hash != _state(tx, campaign) or (campaign.phase not in _OVER and age >= AT_LAST)


def _pause(run: AnalyticsRun) -> timedelta:
    return max(LEAST, timedelta(milliseconds=SHARE * run.took_ms))


def _state(tx: Tx, campaign: Campaign) -> str:
    """Return a hash of what the books say of a campaign, and of the places of its projects."""
    raised = tx.rows(
        """SELECT r.project_id, p.lineage, r.raised_minor
             FROM project_raised r JOIN project p ON p.id = r.project_id
            WHERE r.campaign_id = :campaign ORDER BY r.project_id""",
        campaign=campaign.id,
    )
    tally = tx.get(CampaignTally, campaign.id)
    return fingerprint([tally and [tally.donations, tally.donors], *map(list, raised)])
