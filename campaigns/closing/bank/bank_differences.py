"""Queries for the differences between the bank and the books. Their provider is `bank`; their sum (fen) is what the
bank has beyond our books, below zero if it has less."""

from campaigns.closing.bank.bank_match import FREE, ITEMS, PAYOUT_DAYS

BANK = "bank"
# An expected item counts as missing once the bank's statements extend beyond its time limit, and only from the
# first day that they cover.
_COVERED = """covered AS (SELECT min(booked_on) AS first, max(booked_on) AS last FROM bank_line)"""

# Lines that nothing claims. A second line with the reference of a claimed line is a duplicate; one that takes a
# claimed line back is a refund.
OF_BANK_LINES = f"""WITH {FREE}
    SELECT CAST(NULL AS bigint) AS campaign_id, '{BANK}' AS provider,
           CASE WHEN l.is_fee THEN 'fee'
                WHEN l.amount_minor < 0 AND EXISTS (
                       SELECT FROM bank_line o JOIN bank_claim c ON c.bank_line_id = o.id
                        WHERE o.account = l.account AND o.amount_minor = -l.amount_minor
                          AND (l.line_id = o.line_id || '/reversal'
                               OR (l.reference <> '' AND l.reference = o.reference)))
                     THEN 'refund'
                WHEN l.reference <> '' AND EXISTS (
                       SELECT FROM bank_line o JOIN bank_claim c ON c.bank_line_id = o.id
                        WHERE o.reference = l.reference AND sign(o.amount_minor) = sign(l.amount_minor))
                     THEN 'duplicate'
                ELSE 'missing_here' END AS cause,
           l.account || ' ' || l.line_id AS reference, CAST(NULL AS uuid) AS donation_id, l.currency,
           CAST(0 AS bigint) AS ours_minor, l.amount_minor AS theirs_minor, l.amount_minor AS sum_minor
      FROM free l"""

OF_CLAIMS = f"""
    WITH claimed AS (
        SELECT bank_line_id, CAST(sum(amount_minor) AS bigint) AS minor, max(due_on) AS due_on
          FROM bank_claim GROUP BY bank_line_id)
    SELECT CAST(NULL AS bigint) AS campaign_id, '{BANK}' AS provider,
           CASE WHEN l.amount_minor <> c.minor THEN 'amount' ELSE 'late' END AS cause,
           l.account || ' ' || l.line_id AS reference, CAST(NULL AS uuid) AS donation_id, l.currency,
           c.minor AS ours_minor, l.amount_minor AS theirs_minor, l.amount_minor - c.minor AS sum_minor
      FROM claimed c JOIN bank_line l ON l.id = c.bank_line_id
     WHERE l.amount_minor <> c.minor OR l.booked_on > c.due_on + {PAYOUT_DAYS}"""

OF_MISSING = f"""WITH {ITEMS}, {_COVERED}
    SELECT CAST(NULL AS bigint) AS campaign_id, '{BANK}' AS provider, 'missing_there' AS cause,
           concat_ws(' ', i.kind, nullif(i.provider, ''), i.item) AS reference, CAST(NULL AS uuid) AS donation_id,
           'CNY' AS currency, i.amount_minor AS ours_minor, CAST(0 AS bigint) AS theirs_minor,
           -i.amount_minor AS sum_minor
      FROM unclaimed i CROSS JOIN covered v
     WHERE (SELECT EXISTS (SELECT FROM bank_line))  -- asked once: without a statement nothing else is read
       AND i.day >= v.first AND i.day + {PAYOUT_DAYS} <= v.last"""

ALL = (OF_BANK_LINES, OF_CLAIMS, OF_MISSING)
