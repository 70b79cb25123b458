"""Check rows of an offline file against projects, campaigns and earlier files."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.donations.donors.identity import contact_identity
from campaigns.funds.bank_references import SPELLING
from campaigns.intake.offline_file import OfflineRow, spelling
from campaigns.projects.models import Project
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Fault, fault
from kernel.human_input import Unreadable, read_moment
from kernel.keys import Keys
from kernel.money import yuan
from payments.inbox.sealed_messages import opened
from payments.partners.partner_events import PAID, REFUNDED

_NOON = timedelta(hours=12)
_SECOND = timedelta(seconds=1)


class Earlier(NamedTuple):
    """The content of earlier files: the event of each reference, and how much of each donation was taken back
    (fen)."""

    events: Mapping[str, Mapping[str, Any]]
    taken_back: Mapping[str, int]

    def describe(self, reference: str) -> str:
        """Describe, for a reader, the event that an earlier file stored under a reference."""
        event = self.events[reference]
        if event["type"] == REFUNDED:
            return f"{event['data']['donation_id']} {yuan(event['correction']['amount_minor'])}"
        data = event["data"]
        parts = (data["project_code"], yuan(data["amount_minor"]), data["paid_at"], _age(data))
        return " ".join(filter(None, map(str, parts)))

    def agrees(self, row: OfflineRow) -> bool:
        """Return whether a row means the same as the stored event with its reference, even if it is written
        differently."""
        event = self.events[row.reference]
        data = event["data"]
        if event["type"] == REFUNDED:
            earlier = (data["donation_id"], event["correction"]["amount_minor"])
            return earlier == (row.corrects, row.amount_minor)
        same = (row.corrects, row.project_code, row.amount_minor) == (
            "",
            data["project_code"],
            data["amount_minor"],
        )
        return same and _same_donor(row, data) and _same_time(row, data["paid_at"])


def _age(data: Mapping[str, Any]) -> str:
    return str(data.get("minor", {}).get("age", ""))


def _same_donor(row: OfflineRow, data: Mapping[str, Any]) -> bool:
    """Return whether a row names the donor of an earlier file, of the same age; true if that donor is no longer
    stored."""
    donor = data.get("donor")
    if donor is None:
        return True
    keys = [contact_identity(key) or key for key in (row.donor or row.reference, donor["key"])]
    return (row.donor_name, row.age, keys[0]) == (donor.get("name") or "", _age(data), keys[1])


def _same_time(row: OfflineRow, paid_at: str) -> bool:
    try:
        before = read_moment(paid_at).at
    except Unreadable:
        return False
    return local_day(before) == local_day(row.paid.at) if row.paid.whole_day else before == row.paid.at


def stored_spellings(tx: Tx, source: str, typed: Collection[str]) -> dict[str, str]:
    """Return each of these references that an earlier file has, as that file spells it."""
    stored = SPELLING.format("e.event_id")
    known = tx.rows(
        f"""SELECT u.typed, e.event_id FROM unnest(CAST(:typed AS text[])) AS u(typed)
              JOIN inbox_event e ON e.source = :source AND {stored} = {SPELLING.format("u.typed")}
             ORDER BY e.event_id = u.typed, e.id""",
        source=source,
        typed=sorted(typed),
    )
    return dict(known)


def spelt_as_before(tx: Tx, source: str, rows: Sequence[OfflineRow]) -> tuple[OfflineRow, ...]:
    """Return the rows with each reference as an earlier file spells it, or else as its own row in this file does.
    Of several spellings that an earlier version told apart, the same one counts."""
    before = stored_spellings(tx, source, {name for row in rows for name in (row.reference, row.corrects) if name})
    spelt = {spelling(row.reference): before.get(row.reference, row.reference) for row in rows}

    def as_before(typed: str) -> str:
        return before.get(typed) or spelt.get(spelling(typed), typed)

    return tuple(row._replace(reference=as_before(row.reference), corrects=as_before(row.corrects)) for row in rows)


def load_earlier(tx: Tx, keys: Keys, source: str, rows: Sequence[OfflineRow]) -> Earlier:
    """Load the stored events of the references that these rows use or correct."""
    corrected = [row.corrects for row in rows if row.corrects]
    events = tx.rows(
        """SELECT source, event_id, body, sealed, sealed_by FROM inbox_event
            WHERE source = :source AND event_id = ANY(:ids)""",
        source=source,
        ids=[row.reference for row in rows] + corrected,
    )
    totals = tx.rows(
        """SELECT body->'data'->>'donation_id' AS reference, max((body->'data'->>'amount_minor')::bigint) AS total
             FROM inbox_event WHERE source = :source AND body->>'type' = :kind
              AND body->'data'->>'donation_id' = ANY(:ids) GROUP BY 1""",
        source=source,
        kind=REFUNDED,
        ids=corrected,
    )
    bodies = {row.event_id: body for row, body in zip(events, opened(tx, keys, events), strict=True)}
    return Earlier(bodies, {row.reference: row.total for row in totals})


def check(tx: Tx, new: Sequence[OfflineRow], rows: Sequence[OfflineRow], earlier: Earlier) -> dict[str, Fault]:
    """Return the faults of new rows, by line and column."""
    gifts = [row for row in new if not row.corrects]
    faults = _misplaced(tx, gifts)
    for row in gifts:
        if not row.paid.whole_day and row.paid.at > tx.now:
            faults[f"line {row.line}.paid_at"] = fault("in_the_future")
    return faults | _wrong_corrections([row for row in new if row.corrects], rows, earlier)


def _wrong_corrections(
    corrections: Sequence[OfflineRow], rows: Sequence[OfflineRow], earlier: Earlier
) -> dict[str, Fault]:
    gifts = {name: event["data"] for name, event in earlier.events.items() if event["type"] == PAID}
    gifts |= {
        row.reference: {"project_code": row.project_code, "amount_minor": row.amount_minor}
        for row in rows
        if not row.corrects
    }
    left = {name: data["amount_minor"] - earlier.taken_back.get(name, 0) for name, data in gifts.items()}
    faults: dict[str, Fault] = {}
    for row in corrections:
        if row.corrects not in gifts:
            faults[f"line {row.line}.corrects"] = fault("unknown_reference", reference=row.corrects)
        elif row.project_code != gifts[row.corrects]["project_code"]:
            expected = gifts[row.corrects]["project_code"]
            faults[f"line {row.line}.project_code"] = fault("other_project", expected=expected)
        elif -row.amount_minor > left[row.corrects]:
            faults[f"line {row.line}.amount_yuan"] = fault("more_than_left", left_minor=left[row.corrects])
        else:
            left[row.corrects] += row.amount_minor
    return faults


def outside(tx: Tx, rows: Sequence[OfflineRow], branch_code: str | None) -> dict[str, Fault]:
    """Return a fault for each row whose project is outside a branch. Without a branch there are none."""
    if branch_code is None:
        return {}
    lineages = dict(
        tx.all(select(Project.code, Project.lineage).where(col(Project.code).in_({r.project_code for r in rows})))
    )
    return {
        f"line {row.line}.project_code": fault("outside_branch")
        for row in rows
        if branch_code not in lineages.get(row.project_code, [branch_code])
    }


class _Span(NamedTuple):
    """When the campaign of a row was open on the row's day, None if none was. `known`: the row's project exists."""

    line: int
    known: bool
    opens_at: datetime | None
    ends_at: datetime | None


def _spans(tx: Tx, rows: Sequence[OfflineRow]) -> list[_Span]:
    """Find the campaign of each row. If several match, the one that opened last counts, as for partners."""
    return tx.rows_as(
        _Span,
        """SELECT DISTINCT ON (u.line) u.line, p.id IS NOT NULL AS known, c.opens_at, c.ends_at
             FROM unnest(CAST(:lines AS int[]), CAST(:codes AS text[]), CAST(:begins AS timestamptz[]),
                         CAST(:ends AS timestamptz[])) AS u(line, code, begins_at, until_at)
             LEFT JOIN project p ON p.code = u.code
             LEFT JOIN campaign_entry e ON e.project_id = p.id
             LEFT JOIN campaign c ON c.id = e.campaign_id AND c.phase NOT IN ('draft', 'cancelled')
                                 AND c.ends_at > u.begins_at
                                 AND (c.opens_at < u.until_at OR c.opens_at <= u.begins_at)
            ORDER BY u.line, c.opens_at DESC NULLS LAST""",
        lines=[row.line for row in rows],
        codes=[row.project_code for row in rows],
        begins=[row.paid.at for row in rows],
        ends=[row.paid.until for row in rows],
    )


def _misplaced(tx: Tx, rows: Sequence[OfflineRow]) -> dict[str, Fault]:
    return {
        f"line {span.line}.{'paid_at' if span.known else 'project_code'}": fault(
            "no_campaign_open" if span.known else "unknown_project"
        )
        for span in _spans(tx, rows)
        if span.opens_at is None
    }


def moments(tx: Tx, rows: Sequence[OfflineRow]) -> dict[int, datetime]:
    """Return the time of payment of each row, by line.

    A donation that has only a day counts at noon: a cash box records no time, and such a donation earns no special
    match of a morning or evening hour. If the campaign opened later that day or ended before noon, the donation
    counts at the campaign's first or last second of the day, but never in the future.
    """
    spans = {span.line: span for span in _spans(tx, rows)}
    return {row.line: _within(row, spans[row.line], tx.now) for row in rows}


def held(tx: Tx, rows: Sequence[OfflineRow]) -> dict[str, Fault]:
    """Return a warning for each gift whose project was suspended or blacklisted before it was paid. Once imported,
    it waits on the desk of messages."""
    since: dict[str, datetime] = dict(
        tx.rows(
            """SELECT p.code, max(h.at) FROM project p
                 JOIN project_history h ON h.project_id = p.id AND h.to_status = p.status
                WHERE p.code = ANY(:codes) AND p.status IN ('suspended', 'blacklisted') GROUP BY p.code""",
            codes=sorted({row.project_code for row in rows}),
        )
    )
    gifts = [row for row in rows if not row.corrects and row.project_code in since]
    paid_at = moments(tx, gifts) if gifts else {}
    return {
        f"line {row.line}.project_code": fault("project_held")
        for row in gifts
        if paid_at[row.line] >= since[row.project_code]
    }


def _within(row: OfflineRow, span: _Span, now: datetime) -> datetime:
    if not row.paid.whole_day or span.opens_at is None or span.ends_at is None:
        return row.paid.at
    last = min(row.paid.at + _NOON, span.ends_at - _SECOND, now)
    return max(last, span.opens_at, row.paid.at)
