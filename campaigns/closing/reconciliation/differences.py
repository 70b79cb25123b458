"""Find the differences between our books and the statements. Each has the sum (fen) that a provider holds beyond
our books, below zero if it holds less. A few set-based queries over whole tables find all of them."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from campaigns.closing.bank.bank_differences import ALL as OF_BANK
from kernel.clock import SHANGHAI
from kernel.db import Tx, one_of
from kernel.money import CURRENCY
from payments.gateway import DONORS_MONEY

PAGE = 5_000  # differences


class Difference(NamedTuple):
    """The amounts of one donation, payment or line in our books and on a provider's statement, in fen.

    `campaign_id` is None for a line that belongs to no campaign. `sum_minor` is what the provider holds for us
    beyond our books (below zero: what is missing there).
    """

    campaign_id: int | None
    provider: str
    cause: str
    reference: str
    donation_id: UUID | None
    currency: str
    ours_minor: int
    theirs_minor: int
    sum_minor: int


# `complete`: campaigns whose statements were read to their end, and the one that is being reconciled.
COMPLETE = "('reconciling', 'notice', 'released')"
_COMPARED = f"""
    WITH compared AS (
        SELECT id, (phase IN {COMPLETE} OR id = CAST(:campaign AS bigint)) IS TRUE AS complete, opens_at,
               ends_at + make_interval(secs => finishing_s + late_s) AS closed_at
          FROM campaign
         WHERE phase NOT IN ('draft', 'scheduled', 'archived'))"""

# Each paid donation in our books and on the statements. Refunds are negative on statements.
SIDES = f"""{_COMPARED},
    ours AS (
        SELECT d.id, d.campaign_id, d.provider, d.amount_minor, d.currency, d.paid_at,
               d.refunded_minor + d.excess_minor AS returned_minor, d.dispute, c.complete,
               c.complete OR d.paid_at < r.until AS read
          FROM donation d
          JOIN compared c ON c.id = d.campaign_id
          LEFT JOIN (SELECT provider, max(occurred_at) - interval '1 day' AS until
                       FROM provider_line GROUP BY provider) AS r ON r.provider = d.provider
         WHERE d.paid_at IS NOT NULL),
    taken_back AS MATERIALIZED (
        SELECT f.provider, f.line_id
          FROM provider_line x JOIN provider_line f ON (f.provider, f.line_id) = (x.provider, x.corrects)
         WHERE x.corrects IS NOT NULL
         GROUP BY f.provider, f.line_id, f.amount_minor HAVING f.amount_minor + sum(x.amount_minor) = 0),
    theirs AS (
        SELECT l.donation_id AS id,
               count(*) FILTER (WHERE l.kind = 'charge' AND l.corrects IS NULL AND b.line_id IS NULL) AS charges,
               count(*) FILTER (WHERE l.kind = 'charge' AND b.line_id IS NOT NULL) > 0 AS withdrawn,
               coalesce(sum(l.amount_minor) FILTER (WHERE l.kind = 'charge'), 0) AS charged,
               coalesce(-sum(l.amount_minor) FILTER (WHERE l.kind IN ('refund', 'dispute')), 0) AS returned,
               coalesce(-sum(l.amount_minor) FILTER (WHERE l.kind = 'dispute'), 0) AS disputed
          FROM provider_line l
          JOIN ours d ON d.id = l.donation_id AND d.provider = l.provider AND d.currency = l.currency
          LEFT JOIN taken_back b ON (b.provider, b.line_id) = (l.provider, l.line_id)
         WHERE NOT EXISTS (SELECT FROM payment_exception e
                            WHERE (e.provider, e.payment_intent) = (l.provider, l.payment_intent)
                              AND e.state NOT IN ('taken', 'attached'))
         GROUP BY l.donation_id)"""

# The bill of a partner for a day has arrived when there is a line of donors' money for that day, or when the
# partner reported that there is none. A payout or fee of that day does not count, because it may come in another
# file.
BILL_DUE_H = 10  # hours after the end of the day
_BILL_DAYS = f"""
    bill_day AS MATERIALIZED (
        SELECT provider, CAST(occurred_at AT TIME ZONE '{SHANGHAI}' AS date) AS day
          FROM provider_line WHERE provider LIKE 'partner:%' AND ({one_of("kind", DONORS_MONEY)})
         UNION
        SELECT provider, day FROM empty_bill_day)"""

# A statement not yet read to its end may lack what our books know, but not the reverse. There are two exceptions:
# an open dispute has already taken the money, and what a correction took back is gone. A day is read once lines of
# a later day arrived. Gifts of a day whose bill is missing are one difference of the partner and the day. While the
# campaign runs, it appears once an expected bill is due.
_OF_DONATIONS = f"""{SIDES}, {_BILL_DAYS},
    differing AS (
        SELECT o.id, o.campaign_id, o.provider, o.currency, o.read OR coalesce(t.withdrawn, false) AS read, c.*,
               CAST(o.paid_at AT TIME ZONE '{SHANGHAI}' AS date) AS day
          FROM ours o LEFT JOIN theirs t USING (id)
         CROSS JOIN LATERAL (VALUES
               ('missing_there', o.amount_minor, 0,
                o.returned_minor - o.amount_minor - coalesce(t.returned, 0),
                (o.read OR t.withdrawn OR o.provider LIKE 'partner:%') AND (t.id IS NULL OR t.charges = 0)),
               ('duplicate', o.amount_minor, t.charged, t.charged - o.amount_minor, t.charges > 1),
               ('amount', o.amount_minor, t.charged, t.charged - o.amount_minor,
                t.charges = 1 AND t.charged <> o.amount_minor),
               (CASE WHEN t.disputed <> 0 AND t.returned - t.disputed = o.returned_minor THEN 'dispute'
                     ELSE 'refund' END,
                o.returned_minor, t.returned, o.returned_minor - t.returned,
                t.charges > 0 AND CASE WHEN o.complete THEN t.returned <> o.returned_minor
                                       ELSE t.returned > o.returned_minor AND o.dispute <> 'open' END)
             ) AS c(cause, ours_minor, theirs_minor, sum_minor, differs)
         WHERE c.differs
           AND (t.charges = 1 AND t.charged = o.amount_minor AND t.returned = o.returned_minor) IS NOT TRUE),
    judged AS (
        SELECT *, cause = 'missing_there' AND provider LIKE 'partner:%'
                  AND (provider, day) NOT IN (SELECT provider, day FROM bill_day) AS by_day
          FROM differing)
    SELECT campaign_id, provider, cause, CAST(id AS text) AS reference, id AS donation_id, currency, ours_minor,
           CAST(theirs_minor AS bigint) AS theirs_minor, CAST(sum_minor AS bigint) AS sum_minor
      FROM judged WHERE NOT by_day AND (read OR cause <> 'missing_there')
     UNION ALL
    SELECT campaign_id, provider, 'missing_statement',
           day || CASE currency WHEN '{CURRENCY}' THEN '' ELSE ' ' || currency END, CAST(NULL AS uuid), currency,
           CAST(sum(ours_minor) AS bigint), CAST(0 AS bigint), CAST(sum(sum_minor) AS bigint)
      FROM judged
     WHERE by_day
       AND (read OR (provider IN (SELECT 'partner:' || name FROM partner WHERE statement_expected)
                     AND day + 1 + make_interval(hours => {BILL_DUE_H})
                         <= CAST(:now AS timestamptz) AT TIME ZONE '{SHANGHAI}'))
     GROUP BY campaign_id, provider, day, currency"""

# Lines that no paid donation of their provider explains. These are explained: lines of another shop's payments, of
# payments on the desk, lines that a correction took back, and charges whose message is stored but not yet
# processed. A line belongs to the campaign of its donation, else to the campaign that was open at its time or still
# took late messages (the last opened), else to none. The fee of a line is part of its sum unless it is booked as a
# fee.
_AT_ITS_TIME = """
           SELECT s.id FROM campaign s
            WHERE d.id IS NULL AND s.phase NOT IN ('draft', 'scheduled', 'cancelled')
              AND l.occurred_at >= s.opens_at
              AND l.occurred_at < s.ends_at + make_interval(secs => s.finishing_s + s.late_s)
            ORDER BY l.occurred_at < s.ends_at DESC, s.opens_at DESC, s.id LIMIT 1"""
LINES_UNEXPLAINED = f"""
    SELECT coalesce(d.campaign_id, at_its_time.id) AS campaign_id, l.provider,
           CASE l.kind WHEN 'charge' THEN CASE WHEN l.occurred_at < c.ends_at + make_interval(secs => c.finishing_s)
                                                 OR c.id IS NULL THEN 'missing_here' ELSE 'late' END
                       WHEN 'other' THEN 'adjustment' ELSE l.kind END AS cause,
           l.line_id AS reference, l.donation_id, l.currency, CAST(0 AS bigint) AS ours_minor,
           l.amount_minor AS theirs_minor,
           l.amount_minor - CASE WHEN coalesce(l.fee_currency, l.currency) <> l.currency
                                   OR (l.kind <> 'fee' AND (l.provider LIKE 'partner:%'
                                       OR (d.provider, d.currency) = (l.provider, l.currency)))
                                 THEN 0 ELSE l.fee_minor END AS sum_minor
      FROM provider_line l
      LEFT JOIN donation d ON d.id = l.donation_id
      LEFT JOIN LATERAL ({_AT_ITS_TIME}) AS at_its_time ON true
      LEFT JOIN campaign c ON c.id = coalesce(d.campaign_id, at_its_time.id)
     WHERE (l.kind = 'other'
            OR (l.kind = 'fee' AND l.donation_id IS NOT NULL AND (d.provider = l.provider) IS NOT TRUE)
            OR (l.kind IN ('charge', 'refund', 'dispute')
                AND (d.paid_at IS NOT NULL AND d.provider = l.provider AND d.currency = l.currency) IS NOT TRUE))
       AND (l.amount_minor <> 0 OR l.fee_minor <> 0)
       AND NOT EXISTS (SELECT FROM provider_line x
                         JOIN provider_line first ON (first.provider, first.line_id) = (x.provider, x.corrects)
                        WHERE x.provider = l.provider AND x.corrects = coalesce(l.corrects, l.line_id)
                        GROUP BY first.amount_minor, first.fee_minor
                       HAVING first.amount_minor + sum(x.amount_minor) = 0
                          AND first.fee_minor + sum(x.fee_minor) = 0)
       AND NOT EXISTS (SELECT FROM payment_exception e
                        WHERE (e.provider, e.payment_intent) = (l.provider, l.payment_intent)
                          AND l.kind <> 'other')
       AND NOT (l.donation_id IS NULL AND l.payment_intent IS NOT NULL
                AND EXISTS (SELECT FROM inbox_work w
                             WHERE w.state = 'ignored' AND w.reference = l.payment_intent))
       AND NOT (l.kind = 'charge'
                AND (l.provider, CASE WHEN l.provider LIKE 'partner:%' THEN l.source_id
                                      ELSE coalesce(l.payment_intent, '-') END)
                    IN (SELECT e.source, coalesce(e.body #>> '{{data,donation_id}}',
                                                  e.body #>> '{{data,object,id}}', '')
                          FROM inbox_work w JOIN inbox_event e ON e.id = w.inbox_id WHERE w.state = 'new'))"""

# Lines that a provider sent again with other contents. The books follow the first version, or the one that an
# operator took instead (`take_second`). Only the last version is listed, until it is taken. Nothing is booked for
# bills, because the version that counts is already in the books; signing off lets it stand. For a provider without
# a second bill to take, the sum is what the last version says beyond the first.
_OF_CONTRADICTIONS = f"""
    SELECT coalesce(d.campaign_id, at_its_time.id) AS campaign_id, l.provider, 'contradiction' AS cause,
           l.line_id AS reference, d.id AS donation_id, l.currency,
           coalesce(taken.amount_minor, l.amount_minor) AS ours_minor, again.amount_minor AS theirs_minor,
           CASE WHEN l.provider NOT LIKE 'partner:%' AND again.currency = l.currency
                     AND coalesce(l.fee_currency, l.currency) = l.currency
                THEN again.amount_minor - again.fee_minor - (l.amount_minor - l.fee_minor) ELSE 0 END AS sum_minor
      FROM (SELECT DISTINCT ON (provider, line_id) provider, line_id, amount_minor, fee_minor, currency, taken_at,
                   withdrawn_at
              FROM provider_line_conflict ORDER BY provider, line_id, id DESC) AS again
      JOIN provider_line l USING (provider, line_id)
      LEFT JOIN LATERAL (SELECT t.amount_minor FROM provider_line_conflict t
                          WHERE (t.provider, t.line_id) = (l.provider, l.line_id) AND t.taken_at IS NOT NULL
                          ORDER BY t.id DESC LIMIT 1) AS taken ON true
      LEFT JOIN donation d ON d.id = l.donation_id
      LEFT JOIN LATERAL ({_AT_ITS_TIME}) AS at_its_time ON true
     WHERE again.taken_at IS NULL AND again.withdrawn_at IS NULL"""

# Payments on the desk, which the provider has and our books do not. A dismissed one remains a difference. A
# refunded one is a difference while its sum on the statement is not zero.
_OF_PAYMENTS = f"""{_COMPARED},
    lines AS (
        SELECT e.id, sum(l.amount_minor) AS held_minor
          FROM payment_exception e
          JOIN provider_line l ON (l.provider, l.payment_intent) = (e.provider, e.payment_intent)
         WHERE l.kind IN ('charge', 'refund', 'dispute') AND e.state NOT IN ('taken', 'attached')
         GROUP BY e.id)
    SELECT d.campaign_id, e.provider, 'payment_exception' AS cause, e.payment_intent AS reference, e.donation_id,
           e.currency, CAST(0 AS bigint) AS ours_minor, held.minor AS theirs_minor, held.minor AS sum_minor
      FROM payment_exception e
      JOIN donation d ON d.id = e.donation_id
      JOIN compared c ON c.id = d.campaign_id
      LEFT JOIN lines l ON l.id = e.id
     CROSS JOIN LATERAL (SELECT CAST(coalesce(l.held_minor, e.amount_minor) AS bigint) AS minor) AS held
     WHERE e.state IN ('open', 'refunding')
        OR (e.state = 'dismissed' AND held.minor <> 0)
        OR (e.state = 'refunded' AND c.complete AND l.held_minor <> 0)"""

# Partners that could have taken gifts for the campaign but sent neither gifts nor a bill.
_OF_STATEMENTS = f"""{_COMPARED}
    SELECT c.id AS campaign_id, 'partner:' || p.name AS provider, 'missing_statement' AS cause,
           'partner:' || p.name AS reference, CAST(NULL AS uuid) AS donation_id, 'CNY' AS currency,
           CAST(0 AS bigint) AS ours_minor, CAST(0 AS bigint) AS theirs_minor, CAST(0 AS bigint) AS sum_minor
      FROM compared c JOIN partner p ON p.statement_expected AND p.created_at < c.closed_at
                                 AND p.state NOT IN ('draft', 'test')
     WHERE c.complete
       AND (p.projects IS NULL
            OR EXISTS (SELECT FROM campaign_entry n JOIN project j ON j.id = n.project_id
                        WHERE n.campaign_id = c.id AND p.projects ? j.code))
       AND NOT EXISTS (SELECT FROM donation d WHERE d.campaign_id = c.id AND d.provider = 'partner:' || p.name)
       AND NOT EXISTS (SELECT FROM empty_bill_day e
                        WHERE e.provider = 'partner:' || p.name
                          AND e.day >= CAST(c.opens_at AT TIME ZONE '{SHANGHAI}' AS date)
                          AND e.day <= CAST(c.closed_at AT TIME ZONE '{SHANGHAI}' AS date))
       AND NOT EXISTS (SELECT FROM provider_line l
                        WHERE l.provider = 'partner:' || p.name
                          AND l.occurred_at >= c.opens_at AND l.occurred_at < c.closed_at)"""


ALL_SIDES = (_OF_DONATIONS, LINES_UNEXPLAINED, _OF_CONTRADICTIONS, _OF_PAYMENTS, _OF_STATEMENTS, *OF_BANK)


def find_differences(tx: Tx, reconciled: int | None = None) -> Iterator[Difference]:
    """Yield the differences of all campaigns that are not archived, and of all lines. A line that arrives for an
    archived campaign, or for none, is money that somebody must explain.

    They are read from cursors, because a missing statement may leave as many differences as there are donations.

    `reconciled` is the campaign that is being reconciled, whose statements were read to their end.
    """
    for sql in ALL_SIDES:
        pages = tx.pages(Difference, PAGE, sql, campaign=reconciled, now=tx.now)
        with tx.by_set():  # the query is planned with its first page
            page = next(pages, [])
        while page:
            yield from page
            page = next(pages, [])
