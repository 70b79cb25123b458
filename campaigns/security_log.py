"""Security events that strangers can cause as often as they like: failed sign-ins, refused rights and tokens.

The first event per minute, account, network and cause becomes an entry of the audit trail at once. Those that
follow within the minute are counted and become one more entry when it is over. A flood is thus recorded without
filling a table: it makes two entries per minute and account, and beyond `MOST_KEYS` different ones, two for all
others together.
"""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from campaigns.audit import add_entry, network_of, origin
from campaigns.dependencies import Dependencies
from kernel.db import Tx, moment

MOST_KEYS = 100  # per minute: different accounts, networks and causes
UNKNOWN = "unknown"  # an account that does not exist; what was typed may be a password
OTHERS = "others"


class SecurityTally(SQLModel, table=True):
    """How often the same event happened within a minute. The row is deleted when its entry is written."""

    __tablename__ = "security_tally"
    minute: datetime = Field(sa_column=moment(primary_key=True))
    action: str = Field(primary_key=True)
    actor: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    about: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    first_events: int = Field(sa_type=BigInteger)  # as recorded in the entry that was written at once
    events: int = Field(sa_type=BigInteger)
    first_at: datetime = Field(sa_column=moment())
    last_at: datetime = Field(sa_column=moment())


def count_event(
    tx: Tx, action: str, subject: str = UNKNOWN, *, actor: str = UNKNOWN, about: str = "", events: int = 1
) -> None:
    """Record an event, or count it beside an entry of the same minute.

    `subject` is the account (`manager:7`, `token:3`), `about` the refused route, or the cause.
    """
    key = {
        "action": action,
        "actor": actor,
        "subject": subject,
        "about": about,
        "address": network_of(origin.get()),
    }
    minute = tx.now.replace(second=0, microsecond=0)
    if not _has_room(tx, minute, key):
        key |= {"actor": OTHERS, "subject": OTHERS, "about": "", "address": OTHERS}
    first = tx.scalar(
        """INSERT INTO security_tally AS t
                  (minute, action, actor, subject, about, address, first_events, events, first_at, last_at)
           VALUES (:minute, :action, :actor, :subject, :about, :address, :events, :events, :now, :now)
           ON CONFLICT (minute, action, actor, subject, about, address)
           DO UPDATE SET events = t.events + excluded.events, last_at = excluded.last_at
           RETURNING xmax = 0""",
        minute=minute,
        events=events,
        now=tx.now,
        **key,
    )
    if first:
        detail = {"about": key["about"]} if key["about"] else {}
        add_entry(tx, key["actor"], action, key["subject"], {**detail, "events": events})


def _has_room(tx: Tx, minute: datetime, key: dict[str, str]) -> bool:
    return bool(
        tx.scalar(
            """SELECT (SELECT count(*) FROM security_tally WHERE minute = :minute) < :most
                      OR EXISTS (SELECT FROM security_tally
                                  WHERE (minute, action, actor, subject, about, address)
                                      = (:minute, :action, :actor, :subject, :about, :address))""",
            minute=minute,
            most=MOST_KEYS,
            **key,
        )
    )


def write_counted(deps: Dependencies) -> int:
    """Write one entry for the events counted beside the first of each completed minute; return how many."""
    with deps.db.transaction() as tx:
        return tx.run(
            """WITH ended AS (DELETE FROM security_tally
                               WHERE minute < date_trunc('minute', CAST(:now AS timestamptz)) RETURNING *)
               INSERT INTO audit_entry (at, actor, action, subject, detail, address)
               SELECT CAST(:now AS timestamptz), actor, action, subject,
                      jsonb_strip_nulls(jsonb_build_object(
                          'about', nullif(about, ''), 'more_events', events - first_events,
                          'first_at', first_at, 'last_at', last_at)),
                      address
                 FROM ended WHERE events > first_events ORDER BY minute, action, actor, subject""",
            now=tx.now,
        )
