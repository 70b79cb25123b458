"""What a platform's staff should check today: silence in a running campaign, many refusals, waiting events, a
missing bill. The limits are our defaults. An operator acknowledges silence and refusals, which nothing here can
end; waiting events and a missing bill end when they are dealt with."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from sqlmodel import select

from campaigns.audit import record_audit
from campaigns.intake.door_donations import span_of
from campaigns.intake.models import PartnerAlarmAcknowledgement
from kernel.clock import SHANGHAI, local_day
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from payments.gateway import DONORS_MONEY
from payments.partners import partners

SILENCE = timedelta(hours=2)  # without a signed request of a platform with gifts in a running campaign
WAITS = timedelta(hours=1)
BILL_HOUR = 10  # in Shanghai: yesterday's bill should have arrived by then
REFUSED_LEAST, REFUSED_SHARE = 10, 0.05  # of today's events


class AlarmKind(StrEnum):
    SILENT = "silent"
    REFUSED = "refused"
    WAITING = "waiting"
    BILL = "bill"


ACKNOWLEDGEABLE = (AlarmKind.SILENT, AlarmKind.REFUSED)


class Alarm(NamedTuple):
    """Why someone should call a platform. `pieces` counts the events concerned; `since` is when it began.

    `acknowledged_by` and `acknowledged_at`: the operator who knows of all of it, if any.
    """

    kind: AlarmKind
    partner: str
    title: str
    pieces: int
    since: datetime
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None


class _Row(NamedTuple):
    partner: str
    title: str
    pieces: int
    since: datetime


def partner_alarms(tx: Tx) -> list[Alarm]:
    """Return the alarms of all platforms that no operator has acknowledged, by platform."""
    return [alarm for alarm in _all_alarms(tx) if alarm.acknowledged_at is None]


def alarms_of(tx: Tx, partner: str) -> list[Alarm]:
    """Return the alarms of one platform, including acknowledged ones."""
    return [alarm for alarm in _all_alarms(tx) if alarm.partner == partner]


def acknowledge_alarm(tx: Tx, partner: str, kind: str, pieces: int, actor: str) -> Alarm:
    """Acknowledge an alarm about at most `pieces` events, as the operator saw it. It rises again with further
    events, and when it begins anew. Idempotent.

    Raises NotFound `partner_unknown`, NotFound `alarm_unknown` if there is no such alarm now, Conflict
    `alarm_not_acknowledgeable` for one that is ended by dealing with its cause, and Conflict `alarm_grown` if it
    concerns more events.
    """
    name = partners.known(tx, partner, lock=True).name
    alarm = next((alarm for alarm in alarms_of(tx, name) if alarm.kind == kind), None)
    if alarm is None:
        raise NotFound("alarm_unknown")
    if alarm.kind not in ACKNOWLEDGEABLE:
        raise Conflict("alarm_not_acknowledgeable")
    if alarm.pieces > pieces:
        raise Conflict("alarm_grown", pieces=alarm.pieces)
    if alarm.acknowledged_at is not None:
        return alarm
    known = PartnerAlarmAcknowledgement(
        partner=name, kind=alarm.kind, pieces=alarm.pieces, actor=actor, acknowledged_at=tx.now
    )
    tx.session.merge(known)
    record_audit(tx, actor, "partner.alarm", f"partner:{name}", alarm=alarm.kind, pieces=alarm.pieces)
    return alarm._replace(acknowledged_by=actor, acknowledged_at=tx.now)


def _all_alarms(tx: Tx) -> list[Alarm]:
    known = {(row.partner, row.kind): row for row in tx.all(select(PartnerAlarmAcknowledgement))}
    return [_marked(alarm, known.get((alarm.partner, alarm.kind))) for alarm in _risen(tx)]


def _marked(alarm: Alarm, known: PartnerAlarmAcknowledgement | None) -> Alarm:
    """Return an alarm with its acknowledgement, unless that was of an earlier or smaller one."""
    if known is None or known.acknowledged_at < alarm.since or known.pieces < alarm.pieces:
        return alarm
    return alarm._replace(acknowledged_by=known.actor, acknowledged_at=known.acknowledged_at)


def _risen(tx: Tx) -> list[Alarm]:
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
     WHERE w.state IN ('waiting', 'flagged') AND e.received_at < :waiting
       AND NOT (w.note = 'partner_paused' AND p.state = 'paused')
     GROUP BY p.name"""
_BILL = """
    SELECT p.name AS partner, p.title, CAST(d.donations AS bigint) AS pieces, CAST(:until AS timestamptz) AS since
      FROM partner p JOIN partner_day d ON d.partner = p.name AND d.day = :day
     WHERE p.state IN ('live', 'paused') AND p.statement_expected AND d.donations > 0 AND p.name <> 'offline'
       AND NOT EXISTS (SELECT FROM empty_bill_day e WHERE e.provider = 'partner:' || p.name AND e.day = :day)
       AND NOT EXISTS (SELECT FROM provider_line l WHERE l.provider = 'partner:' || p.name
                          AND l.occurred_at >= :since AND l.occurred_at < :until
                          AND l.kind = ANY(:donors_money))"""
