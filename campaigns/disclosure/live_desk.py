"""What is happening in a campaign now, for those who run it: the last half hour, pots that are running dry, waiting
messages.

With a branch, the minutes count only donations to its projects, and figures of the whole system are left out. Pots
are always shown as a whole.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from campaigns.disclosure.totals import PotView, pot_views
from campaigns.donations.states import ABANDONED, COUNTED, WAITING, Status
from kernel.db import Tx
from payments.inbox.inbox_figures import oldest_due_s

LOOK_BACK = timedelta(minutes=30)
RATE_OVER = timedelta(minutes=10)  # the time over which the pace of a pot is measured
DECLINED = (Status.FAILED,)
LAPSED = tuple(status for status in ABANDONED if status is not Status.FAILED)


class Minute(NamedTuple):
    """The donations created in one minute, by their current state. `given_minor` is what was paid, in fen."""

    at: datetime
    paid: int
    waiting: int
    declined: int
    lapsed: int
    given_minor: int


class PotPace(NamedTuple):
    """A pot, what it reserved or captured for donations of the last minutes (fen), and when it is dry at that pace.

    `dry_at` is None if the pot gave nothing, has nothing left, or lasts for more than a year.
    """

    pot: PotView
    given_minor: int
    dry_at: datetime | None


class Source(NamedTuple):
    """The number of a source's messages that wait for an operator or are flagged, and when the oldest was
    received."""

    source: str
    messages: int
    since: datetime


class Desk(NamedTuple):
    """The live desk. `lag_s` is the age of the oldest unprocessed message.

    `sources`, `new_messages` and `lag_s` are of the whole system, and empty for a branch.
    """

    at: datetime
    minutes: list[Minute]
    pots: list[PotPace]
    new_messages: int
    lag_s: float
    sources: list[Source]

    def sum_of(self, name: str) -> int:
        """Return the sum of a column over all minutes."""
        return sum(getattr(minute, name) for minute in self.minutes)


# `+ 0` keeps the planner from using the index on campaigns: without statistics it expects a campaign to have as few
# as one donation, while the last minutes are found by their time. Both ends of the time are given, because for one
# end alone the planner expects a third of the table.
_OF = """d.campaign_id + 0 = :campaign AND d.pledged_at BETWEEN :since AND :now
     AND (CAST(:branch AS text) IS NULL
          OR d.project_id IN (SELECT id FROM project WHERE lineage @> ARRAY[CAST(:branch AS text)]))"""


def live_desk(tx: Tx, campaign_id: int, branch: str | None = None) -> Desk:
    """Return the live desk of a campaign."""
    whole = branch is None
    return Desk(
        at=tx.now,
        minutes=_minutes(tx, campaign_id, branch),
        pots=_pots(tx, campaign_id),
        new_messages=_new_messages(tx) if whole else 0,
        lag_s=oldest_due_s(tx) if whole else 0.0,
        sources=_sources(tx) if whole else [],
    )


def _minutes(tx: Tx, campaign_id: int, branch: str | None) -> list[Minute]:
    """Return every minute of the last `LOOK_BACK`, including those without donations."""
    until = tx.now.replace(second=0, microsecond=0)
    since = until - LOOK_BACK + timedelta(minutes=1)
    rows = tx.rows_as(
        Minute,
        f"""SELECT date_trunc('minute', d.pledged_at) AS at,
                   count(*) FILTER (WHERE d.status = ANY(:counted)) AS paid,
                   count(*) FILTER (WHERE d.status = ANY(:open)) AS waiting,
                   count(*) FILTER (WHERE d.status = ANY(:declined)) AS declined,
                   count(*) FILTER (WHERE d.status = ANY(:lapsed)) AS lapsed,
                   CAST(coalesce(sum(d.amount_minor - d.refunded_minor)
                                 FILTER (WHERE d.status = ANY(:counted)), 0) AS bigint) AS given_minor
              FROM donation d WHERE {_OF} GROUP BY 1""",
        campaign=campaign_id,
        since=since,
        now=tx.now,
        branch=branch,
        counted=sorted(COUNTED),
        open=list(WAITING),
        declined=list(DECLINED),
        lapsed=list(LAPSED),
    )
    busy = {row.at: row for row in rows}
    times = [since + timedelta(minutes=count) for count in range(int(LOOK_BACK / timedelta(minutes=1)))]
    return [busy.get(time, Minute(time, 0, 0, 0, 0, 0)) for time in times]


def _pots(tx: Tx, campaign_id: int) -> list[PotPace]:
    matched = dict(
        tx.rows(
            f"""SELECT r.pot_id, CAST(sum(r.live_minor) AS bigint)
                  FROM donation d JOIN reservation r ON r.donation_id = d.id AND r.state <> 'released'
                 WHERE {_OF} GROUP BY 1""",
            campaign=campaign_id,
            since=tx.now - RATE_OVER,
            now=tx.now,
            branch=None,
        )
    )
    return [_pace(pot, matched.get(pot.id, 0), tx.now) for pot in pot_views(tx, campaign_id)]


def _pace(pot: PotView, given_minor: int, now: datetime) -> PotPace:
    if not given_minor or not pot.available_minor:
        return PotPace(pot, given_minor, None)
    left_s = pot.available_minor * int(RATE_OVER.total_seconds()) // given_minor
    return PotPace(pot, given_minor, now + timedelta(seconds=left_s) if left_s < 366 * 86_400 else None)


def _new_messages(tx: Tx) -> int:
    return int(tx.scalar("SELECT count(*) FROM inbox_work WHERE state = 'new'"))


def _sources(tx: Tx) -> list[Source]:
    """Return the sources of waiting or flagged messages, most messages first."""
    return tx.rows_as(
        Source,
        """SELECT e.source, count(*) AS messages, min(e.received_at) AS since
             FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id
            WHERE w.state IN ('waiting', 'flagged') GROUP BY 1 ORDER BY 2 DESC, 1""",
    )
