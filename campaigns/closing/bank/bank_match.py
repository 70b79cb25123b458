"""Match the bank's lines with what the books expect: payouts of providers, settlements of partners, deposits into
funds, and payments to organisations that an operator recorded. Each item claims its bank line once. The queries are
set-based and match by reference, by amount and day, and in batches."""

from collections.abc import Sequence
from typing import NamedTuple

from kernel.clock import SHANGHAI
from kernel.db import Tx
from kernel.money import CURRENCY

PAYOUT_DAYS = 7  # our default: a payout reaches the bank, and a recorded payment is booked, within so many days
DEPOSIT_DAYS = 10  # our default: most days between a deposit's entry and its booking at the bank
MOST_TOGETHER = 7  # most items that one line covers without a reference: a week of daily payouts
_MOST_ROUNDS = 100

# The items expected on the bank's statement; amounts above zero come in. Partners whose bills have no payouts
# transfer the takings of each day, less fees. Payments to organisations and their returns are expected once they
# are recorded (`paid_out`); those that the bank's statement itself records are claimed with it.
ITEMS = f"""items AS (
    SELECT 'payout' AS kind, l.provider, l.line_id AS item, -l.amount_minor AS amount_minor,
           CAST(l.occurred_at AT TIME ZONE '{SHANGHAI}' AS date) AS day, l.source_id AS reference
      FROM provider_line l WHERE l.kind = 'payout' AND l.amount_minor <> 0 AND l.currency = '{CURRENCY}'
     UNION ALL
    SELECT 'settlement', s.provider, CAST(s.day AS text), CAST(s.amount_minor AS bigint), s.day, ''
      FROM (SELECT l.provider, CAST(l.occurred_at AT TIME ZONE '{SHANGHAI}' AS date) AS day,
                   sum(l.amount_minor - l.fee_minor) AS amount_minor
              FROM provider_line l
             WHERE l.provider LIKE 'partner:%' AND l.currency = '{CURRENCY}'
               AND NOT EXISTS (SELECT FROM provider_line p WHERE p.provider = l.provider AND p.kind = 'payout')
             GROUP BY 1, 2) AS s
     WHERE s.amount_minor <> 0
     UNION ALL
    SELECT 'deposit', '', CAST(e.id AS text),
           CAST(e.amount_minor + coalesce((SELECT sum(c.amount_minor) FROM fund_entry c
                                            WHERE c.corrects_id = e.id), 0) AS bigint),
           CAST(e.booked_at AT TIME ZONE '{SHANGHAI}' AS date), e.reference
      FROM fund_entry e WHERE e.corrects_id IS NULL
     UNION ALL
    SELECT 'paid_out', '', item, amount_minor, day, reference FROM expected_payment WHERE day IS NOT NULL),
    unclaimed AS (
        SELECT i.* FROM items i
         WHERE i.amount_minor <> 0
           AND NOT EXISTS (SELECT FROM bank_claim c
                            WHERE (c.kind, c.provider, c.item) = (i.kind, i.provider, i.item)))"""
# Lines that nothing claims. A line and its reversal by the bank cancel each other if neither is claimed.
_OPEN = """open_line AS (
    SELECT l.* FROM bank_line l WHERE NOT EXISTS (SELECT FROM bank_claim c WHERE c.bank_line_id = l.id))"""
FREE = f"""{_OPEN}, free AS (
    SELECT l.* FROM open_line l
     WHERE NOT EXISTS (SELECT FROM open_line r
                        WHERE r.account = l.account AND r.amount_minor = -l.amount_minor
                          AND (r.line_id = l.line_id || '/reversal' OR l.line_id = r.line_id || '/reversal')))"""
_INSERT = """
    INSERT INTO bank_claim (bank_line_id, kind, provider, item, amount_minor, due_on, how, claimed_at)"""

# By reference: an item claims the first line with its reference and its amount, or else the first with its
# reference. An operator may have entered the bank's number of the line instead. In an itemised batch, each payment
# has its own reference.
_BY_REFERENCE = f"""WITH {ITEMS}, {_OPEN},
    named AS (
        SELECT id, 0 AS number, reference, line_id, amount_minor, booked_on FROM open_line
         UNION ALL
        SELECT l.id, p.number, p.reference, '', p.amount_minor, l.booked_on
          FROM open_line l JOIN bank_part p ON p.bank_line_id = l.id WHERE p.reference <> ''),
    pairs AS (
        SELECT i.*, n.id AS bank_line_id,
               row_number() OVER (PARTITION BY i.kind, i.provider, i.item
                                  ORDER BY n.amount_minor <> i.amount_minor, n.booked_on, n.id, n.number)
                   AS of_item,
               row_number() OVER (PARTITION BY n.id, n.number
                                  ORDER BY n.amount_minor <> i.amount_minor, i.day, i.kind, i.item) AS of_line
          FROM unclaimed i JOIN named n ON sign(n.amount_minor) = sign(i.amount_minor)
           AND (n.reference <> '' AND n.reference IN (i.reference, i.item)
                OR n.line_id <> '' AND n.line_id = i.reference))
    {_INSERT}
    SELECT bank_line_id, kind, provider, item, amount_minor, day, 'reference', CAST(:now AS timestamptz)
      FROM pairs WHERE of_item = 1 AND of_line = 1"""

# Money returned to a provider leaves the bank before the provider reports it; operators enter days by hand.
_IN_TIME = f"""l.booked_on <= i.day + CASE i.kind WHEN 'deposit' THEN {DEPOSIT_DAYS} ELSE {PAYOUT_DAYS} END
           AND l.booked_on >= i.day - CASE WHEN i.kind = 'deposit' THEN {DEPOSIT_DAYS}
                                           WHEN i.amount_minor < 0 OR i.kind = 'paid_out' THEN {PAYOUT_DAYS}
                                           ELSE 0 END"""
# By amount and day: pairs that are each other's first choice, round by round. A line that shares the reference of a
# claimed line is excluded, because it is about the item of that line; so is one that names a payment to an
# organisation, which it will record.
_BY_AMOUNT = f"""WITH {ITEMS}, {FREE},
    pairs AS (
        SELECT i.*, l.id AS bank_line_id,
               row_number() OVER (PARTITION BY i.kind, i.provider, i.item
                                  ORDER BY abs(l.booked_on - i.day), l.id) AS of_item,
               row_number() OVER (PARTITION BY l.id
                                  ORDER BY abs(l.booked_on - i.day), i.kind DESC, i.provider, i.item) AS of_line
          FROM unclaimed i JOIN free l ON l.amount_minor = i.amount_minor AND {_IN_TIME}
         WHERE NOT EXISTS (SELECT FROM expected_payment e WHERE e.item = l.reference)
           AND NOT EXISTS (SELECT FROM bank_claim c JOIN bank_line o ON o.id = c.bank_line_id
                            WHERE l.reference <> '' AND o.reference = l.reference
                              AND sign(o.amount_minor) = sign(l.amount_minor)))
    {_INSERT}
    SELECT bank_line_id, kind, provider, item, amount_minor, day, 'amount', CAST(:now AS timestamptz)
      FROM pairs WHERE of_item = 1 AND of_line = 1"""

# One line for several items: consecutive items of a provider that add up to its amount.
_NUMBERED = f"""WITH {ITEMS}, {FREE},
    numbered AS (
        SELECT *, row_number() OVER w AS nth, sum(amount_minor) OVER w AS running
          FROM unclaimed WHERE kind <> 'deposit' WINDOW w AS (PARTITION BY kind, provider ORDER BY day, item))"""
_SPANS = f"""{_NUMBERED}
    SELECT l.id AS bank_line_id, a.kind, a.provider, a.nth AS first, b.nth AS last
      FROM numbered a
      JOIN numbered b ON (b.kind, b.provider) = (a.kind, a.provider)
       AND b.nth > a.nth AND b.nth < a.nth + {MOST_TOGETHER}
      JOIN free l ON l.amount_minor = b.running - a.running + a.amount_minor
       AND l.booked_on BETWEEN b.day AND b.day + {PAYOUT_DAYS}
     ORDER BY b.nth - a.nth, l.booked_on, l.id, a.kind, a.provider, a.nth"""
_CLAIM_SPANS = f"""{_NUMBERED}
    {_INSERT}
    SELECT s.bank_line_id, n.kind, n.provider, n.item, n.amount_minor, n.day, 'amount', CAST(:now AS timestamptz)
      FROM unnest(CAST(:lines AS bigint[]), CAST(:kinds AS text[]), CAST(:providers AS text[]),
                  CAST(:firsts AS bigint[]), CAST(:lasts AS bigint[]))
           AS s(bank_line_id, kind, provider, first, last)
      JOIN numbered n ON (n.kind, n.provider) = (s.kind, s.provider) AND n.nth BETWEEN s.first AND s.last"""


class _Span(NamedTuple):
    """Consecutive items of a provider, from `first` to `last` in the order of days, that add up to a bank line."""

    bank_line_id: int
    kind: str
    provider: str
    first: int
    last: int


def match_bank(tx: Tx) -> None:
    """Match items of the books with bank lines and store the claims. Does nothing before the first bank statement.
    Idempotent."""
    if tx.scalar("SELECT EXISTS (SELECT FROM bank_line)") is not True:
        return
    with tx.by_set():
        tx.run(_BY_REFERENCE, now=tx.now)
        for _ in range(_MOST_ROUNDS):
            if not tx.run(_BY_AMOUNT, now=tx.now):
                break
        spans = _disjoint(tx.rows_as(_Span, _SPANS))
        if spans:
            tx.run(
                _CLAIM_SPANS,
                now=tx.now,
                lines=[span.bank_line_id for span in spans],
                kinds=[span.kind for span in spans],
                providers=[span.provider for span in spans],
                firsts=[span.first for span in spans],
                lasts=[span.last for span in spans],
            )


def _disjoint(spans: Sequence[_Span]) -> list[_Span]:
    """Return the spans, shortest first, that share neither a line nor an item with an earlier one."""
    lines: set[int] = set()
    items: set[tuple[str, str, int]] = set()
    chosen = []
    for span in spans:
        covered = {(span.kind, span.provider, nth) for nth in range(span.first, span.last + 1)}
        if span.bank_line_id not in lines and not covered & items:
            lines.add(span.bank_line_id)
            items |= covered
            chosen.append(span)
    return chosen
