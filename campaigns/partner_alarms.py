"""What a platform's staff should check today: silence in a running campaign, many refusals, waiting events, a
missing bill. The limits are our defaults."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from campaigns.intake.door_donations import span_of
from kernel.clock import SHANGHAI, local_day
from kernel.db import Tx
from payments.gateway import DONORS_MONEY

SILENCE = timedelta(hours=2)  # without a signed request of a platform with gifts in a running campaign
WAITS = timedelta(hours=1)
BILL_HOUR = 10  # in Shanghai: yesterday's bill should have arrived by then
REFUSED_LEAST, REFUSED_SHARE = 10, 0.05  # of today's events


class AlarmKind(StrEnum):
    SILENT = "silent"
    REFUSED = "refused"
    WAITING = "waiting"
    BILL = "bill"


class Alarm(NamedTuple):
    """Why someone should call a platform. `pieces` counts the events concerned; `since` is when it began."""

    kind: AlarmKind
    partner: str
    title: str
    pieces: int
    since: datetime


class _Row(NamedTuple):
    partner: str
    title: str
    pieces: int
    since: datetime


def partner_alarms(tx: Tx) -> list[Alarm]:
    """Return all alarms, by platform."""
    day = local_day(tx.now)
    begins = span_of(day)[0]
    rows = [*_of(tx, AlarmKind.SILENT, _SILENT, silent=tx.now - SILENCE)]
    rows += _of(tx, AlarmKind.REFUSED, _REFUSED, day=day, least=REFUSED_LEAST, share=REFUSED_SHARE, begins=begins)
    rows += _of(tx, AlarmKind.WAITING, _WAITING, waiting=tx.now - WAITS)
    if tx.now.astimezone(SHANGHAI).hour >= BILL_HOUR:
        yesterday = day - timedelta(days=1)
        since, donors_money = span_of(yesterday)[0], list(DONORS_MONEY)
        rows += _of(tx, AlarmKind.BILL, _BILL, day=yesterday, since=since, until=begins, donors_money=donors_money)
    return sorted(rows, key=lambda alarm: (alarm.title, alarm.kind))


def _of(tx: Tx, kind: AlarmKind, sql: str, **values: object) -> Iterator[Alarm]:
    for row in tx.rows_as(_Row, sql, **values):
        yield Alarm(kind, *row)


# Not yet heard of in a running event, by the newest use of a secret, and it had a gift in one before.
_SILENT = """
    SELECT p.name AS partner, p.title, 0 AS pieces, heard.at AS since
      FROM partner p
      JOIN LATERAL (SELECT max(s.last_used_at) AS at FROM partner_secret s
                     WHERE s.partner = p.name AND NOT s.test) heard ON heard.at < :silent
     WHERE p.state = 'live'
       AND EXISTS (SELECT FROM campaign c WHERE c.phase = 'open' AND c.opens_at < heard.at AND c.ends_at > heard.at
                      AND c.ends_at > :silent
                      AND (p.projects IS NULL
                           OR EXISTS (SELECT FROM campaign_entry e JOIN project j ON j.id = e.project_id
                                       WHERE e.campaign_id = c.id AND p.projects ? j.code)))"""
_REFUSED = """
    SELECT p.name AS partner, p.title, CAST(r.events AS bigint) AS pieces, CAST(:begins AS timestamptz) AS since
      FROM partner p
      JOIN (SELECT partner, sum(events) AS events FROM partner_refusal WHERE day = :day GROUP BY partner) r
        ON r.partner = p.name
      LEFT JOIN partner_day d ON d.partner = p.name AND d.day = :day
     WHERE p.state IN ('live', 'paused') AND r.events >= :least
       AND r.events >= :share * (r.events + coalesce(d.donations, 0))"""
_WAITING = """
    SELECT p.name AS partner, p.title, count(*) AS pieces, min(e.received_at) AS since
      FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id
      JOIN partner p ON e.source = 'partner:' || p.name
     WHERE w.state IN ('waiting', 'flagged') AND w.note <> 'partner_paused' AND e.received_at < :waiting
     GROUP BY p.name"""
_BILL = """
    SELECT p.name AS partner, p.title, CAST(d.donations AS bigint) AS pieces, CAST(:until AS timestamptz) AS since
      FROM partner p JOIN partner_day d ON d.partner = p.name AND d.day = :day
     WHERE p.state IN ('live', 'paused') AND p.statement_expected AND d.donations > 0 AND p.name <> 'offline'
       AND NOT EXISTS (SELECT FROM empty_bill_day e WHERE e.provider = 'partner:' || p.name AND e.day = :day)
       AND NOT EXISTS (SELECT FROM provider_line l WHERE l.provider = 'partner:' || p.name
                          AND l.occurred_at >= :since AND l.occurred_at < :until
                          AND l.kind = ANY(:donors_money))"""
