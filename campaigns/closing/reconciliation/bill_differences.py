"""Differences between a partner's bill and its events, in the platform's own ids, so that both sides can discuss
them."""

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.closing.models import Discrepancy
from campaigns.intake.door_donations import refunded_minor, span_of
from campaigns.intake.test_mode import tests_of_donations
from kernel.clock import local_day
from kernel.db import Tx
from kernel.ids import donation_id_of
from kernel.paging import Page
from payments.gateway import DONORS_MONEY, StatementLine
from payments.models import ProviderLine
from payments.partners.partner_events import PAID

MOST_DIFFERENCES = 200  # differences
MOST_LINES = 10  # named of one difference
MOST_DAYS = 31  # days of one bill that are checked for payments that it lacks


class BillDifference(NamedTuple):
    """A donation whose sums (fen) differ between bill and events. Its cause is one of those of a discrepancy.

    `line_ids`: the bill's lines about it, `MOST_LINES` at most. A line may name no donation.
    """

    cause: str
    donation_id: str
    bill_minor: int
    events_minor: int
    line_ids: list[str]


class BillDay(NamedTuple):
    """The totals of a platform's bill lines for a day in Shanghai, in fen, beside its `events`: the donations taken
    in on that day. `said_empty`: the platform reported that the day has no lines."""

    day: date
    lines: int
    charged_minor: int
    returned_minor: int
    events: int
    said_empty: bool


class _Compared(NamedTuple):
    their_id: str
    id: UUID | None
    amount_minor: int
    returned_minor: int
    charges: int
    charged_minor: int
    back_minor: int
    line_ids: list[str]


def bill_differences(
    tx: Tx, provider: str, lines: Sequence[StatementLine], days: Collection[date] = ()
) -> list[BillDifference]:
    """Compare the lines of a bill, together with earlier ones, with the events. Changes nothing.

    Return first the differences of what the bill has, then the payments that it lacks on these days and on those
    on which it has charges; `MOST_DIFFERENCES` at most.
    """
    differences = _stated(tx, provider, lines)
    charges = _charges(lines)
    for day in sorted({*days, *(local_day(line.occurred_at) for line in charges)})[:MOST_DAYS]:
        differences += _lacking(tx, provider, day, charges, most=MOST_DIFFERENCES)
    return differences[:MOST_DIFFERENCES]


def day_differences(
    tx: Tx, provider: str, day: date, lines: Sequence[StatementLine], page: Page
) -> tuple[list[BillDifference], int]:
    """Return one page of the differences of a day, in the order of `bill_differences`, and their total number.
    `lines` are those of the bills for the day."""
    stated = _stated(tx, provider, lines)
    charges = _charges(lines)
    total = len(stated) + _count_lacking(tx, provider, day, charges)
    rows = page.slice(stated)
    skipped = max(page.offset - len(stated), 0)
    rows += _lacking(tx, provider, day, charges, most=page.size - len(rows), skipped=skipped)
    return rows, total


def _stated(tx: Tx, provider: str, lines: Sequence[StatementLine]) -> list[BillDifference]:
    """Return the differences of what the bill has."""
    money = [line for line in lines if line.kind in DONORS_MONEY]
    rows = tx.rows_as(_Compared, _COMPARE, provider=provider, most_lines=MOST_LINES, **_arrays(money))
    return [difference for row in rows for difference in _of(row)]


def _charges(lines: Sequence[StatementLine]) -> list[StatementLine]:
    """Return the payments of a bill, which may have a refund without its payment."""
    return [line for line in lines if line.kind == "charge"]


def _arrays(lines: Sequence[StatementLine]) -> dict[str, list[object]]:
    return {
        "lines": [line.line_id for line in lines],
        "ids": [line.donation_id for line in lines],
        "theirs": [line.source_id for line in lines],
        "kinds": [line.kind for line in lines],
        "amounts": [line.amount_minor for line in lines],
        "corrects": [line.corrects for line in lines],
    }


# A line of the file that was imported before counts only once. Each line without a donation is on its own.
_COMPARE = """
    WITH sent AS (
        SELECT * FROM unnest(CAST(:lines AS text[]), CAST(:ids AS uuid[]), CAST(:theirs AS text[]),
                             CAST(:kinds AS text[]), CAST(:amounts AS bigint[]), CAST(:corrects AS text[]))
                      AS u(line_id, donation_id, source_id, kind, amount_minor, corrects)),
    lines AS (
        SELECT * FROM sent
         UNION ALL
        SELECT l.line_id, l.donation_id, l.source_id, l.kind, l.amount_minor, l.corrects FROM provider_line l
         WHERE l.provider = :provider AND l.donation_id IN (SELECT donation_id FROM sent)
           AND l.kind IN ('charge', 'refund', 'dispute')
           AND NOT EXISTS (SELECT FROM sent s WHERE s.line_id = l.line_id)),
    theirs AS (
        SELECT min(source_id) AS their_id, donation_id,
               count(*) FILTER (WHERE kind = 'charge' AND corrects IS NULL) AS charges,
               coalesce(sum(amount_minor) FILTER (WHERE kind = 'charge'), 0) AS charged_minor,
               coalesce(-sum(amount_minor) FILTER (WHERE kind <> 'charge'), 0) AS back_minor,
               (array_agg(line_id ORDER BY line_id))[1:CAST(:most_lines AS integer)] AS line_ids
          FROM lines GROUP BY donation_id, CASE WHEN donation_id IS NULL THEN coalesce(corrects, line_id) END)
    SELECT t.their_id, d.id, coalesce(d.amount_minor, 0) AS amount_minor,
           coalesce(d.refunded_minor + d.excess_minor, 0) AS returned_minor, t.charges,
           CAST(t.charged_minor AS bigint) AS charged_minor, CAST(t.back_minor AS bigint) AS back_minor, t.line_ids
      FROM theirs t
      LEFT JOIN donation d ON d.id = t.donation_id AND d.provider = :provider AND d.paid_at IS NOT NULL
     ORDER BY t.their_id"""


def _of(row: _Compared) -> list[BillDifference]:
    if row.id is None:
        is_taken_back = row.charged_minor == row.back_minor == 0  # by a correction
        return [] if is_taken_back else [_difference(row, "missing_here", row.charged_minor - row.back_minor, 0)]
    differences = []
    if row.charges > 1:
        differences.append(_difference(row, "duplicate", row.charged_minor, row.amount_minor))
    elif row.charges and row.charged_minor != row.amount_minor:
        differences.append(_difference(row, "amount", row.charged_minor, row.amount_minor))
    if row.back_minor != row.returned_minor:
        differences.append(_difference(row, "refund", row.back_minor, row.returned_minor))
    return differences


def _difference(row: _Compared, cause: str, bill_minor: int, events_minor: int) -> BillDifference:
    return BillDifference(cause, row.their_id, bill_minor, events_minor, row.line_ids)


_LACKING = """
      FROM donation d
     WHERE d.provider = :provider AND d.pledged_at >= :since AND d.pledged_at < :until AND d.paid_at IS NOT NULL
       AND NOT (d.id = ANY(:in_file))
       AND NOT EXISTS (SELECT FROM provider_line l WHERE l.donation_id = d.id AND l.kind = 'charge')"""


def _lacking(
    tx: Tx, provider: str, day: date, charges: Sequence[StatementLine], *, most: int, skipped: int = 0
) -> list[BillDifference]:
    """Return payments of a day that neither these charges nor any earlier bill has, by time."""
    rows = tx.rows(
        "SELECT d.payment_reference AS their_id, d.amount_minor"
        f"{_LACKING} ORDER BY d.pledged_at, d.id OFFSET :skipped LIMIT :most",
        **_of_day(provider, day, charges),
        skipped=skipped,
        most=most,
    )
    return [BillDifference("missing_there", row.their_id, 0, row.amount_minor, []) for row in rows]


def _count_lacking(tx: Tx, provider: str, day: date, charges: Sequence[StatementLine]) -> int:
    count: int = tx.scalar(f"SELECT count(*){_LACKING}", **_of_day(provider, day, charges))
    return count


def _of_day(provider: str, day: date, charges: Sequence[StatementLine]) -> dict[str, object]:
    since, until = span_of(day)
    in_file = [line.donation_id for line in charges if line.donation_id is not None]
    return {"provider": provider, "since": since, "until": until, "in_file": in_file}


def reconciled_as(tx: Tx, partner: str, rows: Sequence[BillDifference]) -> list[Discrepancy | None]:
    """Return for each difference of a bill that of the reconciliation, which is signed off; None if there is none,
    for example before the bill is complete."""
    references = [
        row.line_ids if row.cause == "missing_here" else [str(donation_id_of(partner, row.donation_id))]
        for row in rows
    ]
    query = select(Discrepancy).where(
        Discrepancy.provider == f"partner:{partner}",
        col(Discrepancy.reference).in_({reference for each in references for reference in each}),
    )
    by_cause = {(row.cause, row.reference): row for row in tx.all(query.order_by(col(Discrepancy.id)))}
    by_reference = {row.reference: row for row in by_cause.values()}
    return [
        next((row for id_ in each if (row := by_cause.get((difference.cause, id_)) or by_reference.get(id_))), None)
        for difference, each in zip(rows, references, strict=True)
    ]


def missing_bills(tx: Tx, provider: str, day: date) -> list[Discrepancy]:
    """Return the differences of the reconciliation about a missing bill of a day, one for each campaign."""
    query = select(Discrepancy).where(Discrepancy.provider == provider, Discrepancy.cause == "missing_statement")
    return tx.all(query.where(col(Discrepancy.reference).startswith(day.isoformat())).order_by(col(Discrepancy.id)))


def bill_days(tx: Tx, partner: str, since: date) -> list[BillDay]:
    """Return the days since a date for which a platform sent a bill, reported that there is none, or should have
    sent one because donations came in and the day is over; newest first."""
    return tx.rows_as(
        BillDay,
        """WITH bill AS (
               SELECT CAST(occurred_at AT TIME ZONE 'Asia/Shanghai' AS date) AS day, count(*) AS lines,
                      sum(amount_minor) FILTER (WHERE kind = 'charge') AS charged_minor,
                      -sum(amount_minor) FILTER (WHERE kind IN ('refund', 'dispute')) AS returned_minor
                 FROM provider_line WHERE provider = :provider AND occurred_at >= :since_at GROUP BY 1),
           said AS (SELECT day FROM empty_bill_day WHERE provider = :provider AND day >= :since),
           came AS (SELECT day, donations FROM partner_day
                     WHERE partner = :partner AND day >= :since AND donations > 0)
           SELECT day, coalesce(b.lines, 0) AS lines, CAST(coalesce(b.charged_minor, 0) AS bigint) AS charged_minor,
                  CAST(coalesce(b.returned_minor, 0) AS bigint) AS returned_minor,
                  coalesce(c.donations, 0) AS events, s.day IS NOT NULL AS said_empty
             FROM bill b FULL JOIN said s USING (day) FULL JOIN came c USING (day)
            WHERE b.lines > 0 OR s.day IS NOT NULL OR day < :today ORDER BY day DESC""",
        provider=f"partner:{partner}",
        partner=partner,
        since=since,
        since_at=span_of(since)[0],
        today=local_day(tx.now),
    )


def lines_of(tx: Tx, provider: str, day: date) -> list[StatementLine]:
    """Return the lines of a platform's bills for a day."""
    since, until = span_of(day)
    query = select(ProviderLine).where(
        ProviderLine.provider == provider,
        col(ProviderLine.occurred_at) >= since,
        col(ProviderLine.occurred_at) < until,
    )
    rows = tx.all(query.order_by(col(ProviderLine.id)))
    return [
        StatementLine(**{field.name: getattr(row, field.name) for field in fields(StatementLine)}) for row in rows
    ]


def tested_differences(tx: Tx, partner: str, lines: Sequence[StatementLine]) -> list[BillDifference]:
    """Compare the lines of a bill with the test events of a platform; return the differences."""
    by_donation: dict[str, list[StatementLine]] = {}
    for line in lines:
        if line.source_id and line.kind in DONORS_MONEY:
            by_donation.setdefault(line.source_id, []).append(line)
    events = tests_of_donations(tx, partner, sorted(by_donation))
    payments = {row.their_id: row for row in events if row.type == PAID}
    differences = []
    for their_id, own in sorted(by_donation.items()):
        payment = payments.get(their_id)
        charged = [line.amount_minor for line in own if line.kind == "charge"]
        back_minor = -sum(line.amount_minor for line in own if line.kind != "charge")
        returned_minor = refunded_minor([row for row in events if row.their_id == their_id])
        row = _Compared(
            their_id,
            donation_id_of(partner, their_id) if payment else None,
            payment.amount_minor if payment else 0,
            returned_minor,
            sum(line.kind == "charge" and not line.corrects for line in own),
            sum(charged),
            back_minor,
            sorted(line.line_id for line in own)[:MOST_LINES],
        )
        differences += _of(row)
    return differences[:MOST_DIFFERENCES]
