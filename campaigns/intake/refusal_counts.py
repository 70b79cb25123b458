"""Count refused requests of platforms by day and code, without their contents."""

from datetime import date, timedelta
from typing import NamedTuple

from sqlmodel import col, select

from kernel.clock import local_day
from kernel.db import Tx
from payments.models import PartnerRefusal

KEPT = timedelta(days=90)


class RefusedToday(NamedTuple):
    """How many events or requests of a platform were refused for a reason on a day."""

    day: date
    code: str
    events: int


def count_refusal(tx: Tx, partner: str, code: str, events: int = 1) -> None:
    """Count refused events of a registered platform. Nothing is kept of unregistered senders."""
    tx.run(
        """INSERT INTO partner_refusal AS r (partner, day, code, events)
           SELECT name, CAST(:day AS date), CAST(:code AS text), :events FROM partner WHERE name = :partner
           ON CONFLICT (partner, day, code) DO UPDATE SET events = r.events + excluded.events""",
        partner=partner,
        day=local_day(tx.now),
        code=code,
        events=events,
    )


def refusals_of(tx: Tx, partner: str, since: date) -> list[RefusedToday]:
    """Return a platform's refusals since a day, newest day first and most frequent first within a day."""
    query = select(PartnerRefusal).where(PartnerRefusal.partner == partner, col(PartnerRefusal.day) >= since)
    rows = tx.all(query.order_by(col(PartnerRefusal.day).desc(), col(PartnerRefusal.events).desc()))
    return [RefusedToday(row.day, row.code, row.events) for row in rows]


def forget_refusals(tx: Tx) -> int:
    """Delete counts older than `KEPT` and return how many."""
    old = tx.all(select(PartnerRefusal).where(col(PartnerRefusal.day) < local_day(tx.now - KEPT)))
    for row in old:
        tx.session.delete(row)
    return len(old)
