"""The report of a campaign's reconciliation: books, provider and bank by source and day, what each source still
owes, every difference with its evidence and resolution, and who signed. Read from one snapshot."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.closing.reconciliation.bookings import BookedSum, booked_sums
from campaigns.closing.reconciliation.three_sides import Side, sides
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.models import Campaign
from kernel.clock import SHANGHAI
from kernel.db import Tx
from ledger.statements import last_transfer
from payments.partners.partners import titles_of

PAGE = 1_000  # differences


class Day(NamedTuple):
    """A source (a provider, a platform, or manual entries) on a day in Shanghai, in fen: the number of gifts and
    their net sum by our books, the number of lines and their sum by its statement, fees, and what it paid out
    for that day according to the bank (for all campaigns)."""

    provider: str
    day: date
    gifts: int
    books_minor: int
    lines: int
    stated_minor: int
    fee_minor: int
    bank_minor: int


class Settled(NamedTuple):
    """A difference, in fen. `lines` are the statement lines concerned; `actor` ended it for `reason`, at the
    request of `requested_by` if a second person decided; `booked_minor` is on `account`."""

    id: int
    provider: str
    cause: str
    state: str
    reference: str
    donation_id: UUID | None
    ours_minor: int
    theirs_minor: int
    sum_minor: int
    booked_minor: int
    account: str
    lines: str
    found_at: datetime
    ended_at: datetime | None
    reason: str
    actor: str
    requested_by: str


class Signature(NamedTuple):
    """A signatory: how many differences they signed, and between which times."""

    actor: str
    requested_by: str
    differences: int
    first_at: datetime
    last_at: datetime


class Cause(NamedTuple):
    """The differences of one source and cause: how many, how many are open, and their sum (fen)."""

    provider: str
    cause: str
    differences: int
    still_open: int
    sum_minor: int


class Report(NamedTuple):
    """Everything except the single differences, which are read in pages (`differences`). `ledger_mark`: the last
    transfer."""

    campaign: Campaign
    at: datetime
    ledger_mark: int
    days: Sequence[Day]
    owed: Sequence[Side]
    causes: Sequence[Cause]
    booked: Sequence[BookedSum]
    signatures: Sequence[Signature]
    titles: Mapping[str, str]  # of platforms, by name

    @property
    def whole(self) -> Day:
        """The total of all days; its source and day have no meaning."""
        return total(self.days)


def total(days: Iterable[Day]) -> Day:
    """Return the sums of days."""
    rows = list(days)
    sums = [sum(getattr(row, name) for row in rows) for name in Day._fields[2:]]
    return Day("", rows[-1].day if rows else date.min, *sums)


def report_of(tx: Tx, slug: str) -> Report:
    """Return the report of a campaign. Raises NotFound `campaign_unknown`."""
    campaign = find_campaign(tx, slug)
    days = tx.rows_as(Day, _DAYS, campaign=campaign.id)
    sources = {row.provider for row in days}
    return Report(
        campaign,
        tx.now,
        last_transfer(tx),
        days,
        [side for side in sides(tx) if side.provider in sources],
        tx.rows_as(Cause, _CAUSES, campaign=campaign.id),
        booked_sums(tx, campaign.id),
        tx.rows_as(Signature, f"SELECT * FROM ({_SIGNATURES}) AS s", campaign=campaign.id, slug=slug),
        titles_of(tx),
    )


def differences(tx: Tx, campaign: Campaign) -> Iterator[Settled]:
    """Return the differences of a campaign in the order in which they were listed."""
    pages = tx.pages(Settled, PAGE, f"{_SETTLED} ORDER BY x.id", campaign=campaign.id, slug=campaign.slug)
    return (row for page in pages for row in page)


_DAY = f"AT TIME ZONE '{SHANGHAI}' AS date)"
# The lines of a campaign: those of its gifts, and those that are listed as its differences.
_DAYS = f"""
    WITH ours AS (
        SELECT d.provider, CAST(CASE m.kind WHEN 'donation_received' THEN d.paid_at ELSE m.recorded_at END {_DAY}
                   AS day,
               count(DISTINCT d.id) FILTER (WHERE m.kind = 'donation_received') AS gifts,
               sum(m.delta_minor) AS minor
          FROM donation_movement m JOIN donation d ON d.id = m.donation_id
         WHERE m.campaign_id = :campaign GROUP BY 1, 2),
    line AS (
        SELECT l.id, l.provider, l.kind, l.amount_minor, l.fee_minor, l.occurred_at
          FROM provider_line l JOIN donation d ON d.id = l.donation_id AND d.provider = l.provider
         WHERE d.campaign_id = :campaign
         UNION
        SELECT l.id, l.provider, l.kind, l.amount_minor, l.fee_minor, l.occurred_at
          FROM discrepancy x JOIN provider_line l ON (l.provider, l.line_id) = (x.provider, x.reference)
         WHERE x.campaign_id = :campaign AND x.state <> 'matched'),
    theirs AS (
        SELECT provider, CAST(occurred_at {_DAY} AS day, count(*) FILTER (WHERE kind = 'charge') AS lines,
               coalesce(sum(amount_minor) FILTER (WHERE kind IN ('charge', 'refund', 'dispute')), 0) AS minor,
               sum(fee_minor - CASE kind WHEN 'fee' THEN amount_minor ELSE 0 END) AS fee
          FROM line GROUP BY 1, 2),
    bank AS (
        SELECT c.provider, c.due_on AS day, sum(c.amount_minor) AS minor
          FROM bank_claim c WHERE c.kind IN ('payout', 'settlement') GROUP BY 1, 2)
    SELECT provider, day, coalesce(o.gifts, 0) AS gifts, CAST(coalesce(o.minor, 0) AS bigint) AS books_minor,
           coalesce(t.lines, 0) AS lines, CAST(coalesce(t.minor, 0) AS bigint) AS stated_minor,
           CAST(coalesce(t.fee, 0) AS bigint) AS fee_minor, CAST(coalesce(b.minor, 0) AS bigint) AS bank_minor
      FROM ours o FULL JOIN theirs t USING (provider, day) LEFT JOIN bank b USING (provider, day)
     ORDER BY provider, day"""
_CAUSES = """
    SELECT provider, cause, count(*) AS differences, count(*) FILTER (WHERE state = 'open') AS still_open,
           CAST(sum(sum_minor) AS bigint) AS sum_minor
      FROM discrepancy WHERE campaign_id = :campaign AND state <> 'matched' GROUP BY 1, 2 ORDER BY 1, 2"""
# A request is about one difference, or about a group of one provider, cause and day.
_SETTLED = f"""
    SELECT x.id, x.provider, x.cause, x.state, x.reference, x.donation_id, x.ours_minor, x.theirs_minor,
           x.sum_minor, x.booked_minor, x.account, coalesce(l.lines, '') AS lines, x.found_at, x.ended_at,
           x.reason, x.actor, coalesce(a.asked_by, '') AS requested_by
      FROM discrepancy x
      LEFT JOIN LATERAL (SELECT string_agg(line_id, ' ' ORDER BY id) AS lines FROM provider_line
                          WHERE provider = x.provider
                            AND (donation_id = x.donation_id OR line_id = x.reference)) AS l ON true
      LEFT JOIN LATERAL (
           SELECT asked_by FROM approval
            WHERE state = 'approved' AND x.state = 'signed_off' AND reason = x.reason
              AND ((act, subject) = ('discrepancy.sign_off', CAST(x.id AS text))
                   OR (act, subject) = ('discrepancies.sign_off', CAST(:slug AS text))
                      AND part = x.provider || ' ' || x.cause || ' ' || CAST(x.found_at {_DAY})
            ORDER BY id DESC LIMIT 1) AS a ON true
     WHERE x.campaign_id = :campaign"""
_SIGNATURES = f"""
    SELECT actor, requested_by, count(*) AS differences, min(ended_at) AS first_at, max(ended_at) AS last_at
      FROM ({_SETTLED}) AS s WHERE state = 'signed_off' GROUP BY 1, 2 ORDER BY 4, 1"""
