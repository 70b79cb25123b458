"""Check the vouchers: each transfer up to the newest run is in exactly one, they balance, and numbers have no
gap."""

from kernel.db import Tx

CHECKS = {
    "voucher_runs_follow_each_other": """
        SELECT format('voucher run %s begins after transfer %s, the one before ended at %s', id, after_transfer,
                      ended)
          FROM (SELECT id, after_transfer, coalesce(lag(last_transfer) OVER (ORDER BY after_transfer), 0) AS ended
                  FROM voucher_run) AS runs
         WHERE after_transfer <> ended""",
    "vouchers_equal_transfers": """
        SELECT format('vouchers of %s have %s transfers of %s fen, the books %s of %s', kind,
                      coalesce(v.transfers, 0), coalesce(v.amount, 0), coalesce(b.transfers, 0),
                      coalesce(b.amount, 0))
          FROM (SELECT kind, sum(transfers) AS transfers, sum(amount_minor) AS amount
                  FROM voucher GROUP BY kind) AS v
          FULL JOIN (SELECT m.kind, count(*) AS transfers, sum(m.amount_minor) AS amount FROM transfer_amount m
                      WHERE m.transfer_id <= (SELECT max(last_transfer) FROM voucher_run) GROUP BY m.kind) AS b
               USING (kind)
         WHERE (v.transfers, v.amount) IS DISTINCT FROM (b.transfers, b.amount)""",
    "vouchers_balance": """
        SELECT format('voucher %s %s of %s is over %s fen, its debits are %s, its credits %s', v.word, v.number,
                      v.period, v.amount_minor, l.debit, l.credit)
          FROM voucher v
          LEFT JOIN (SELECT voucher_id, sum(amount_minor) FILTER (WHERE side = 'debit') AS debit,
                            sum(amount_minor) FILTER (WHERE side = 'credit') AS credit
                       FROM voucher_line GROUP BY voucher_id) AS l ON l.voucher_id = v.id
         WHERE l.debit IS DISTINCT FROM v.amount_minor OR l.credit IS DISTINCT FROM v.amount_minor""",
    "voucher_numbers_have_no_gap": """
        SELECT format('period %s has %s vouchers %s, the last is number %s', period, count(*), word, max(number))
          FROM voucher GROUP BY period, word HAVING count(*) <> max(number)""",
    "closed_periods_stay_closed": """
        SELECT format('voucher %s %s was made after its period %s was closed', v.word, v.number, v.period)
          FROM voucher v JOIN accounting_period p ON p.period = v.period JOIN voucher_run r ON r.id = v.run_id
         WHERE r.made_at > p.closed_at""",
}


def faults(tx: Tx) -> list[str]:
    """Return the faults of vouchers as sentences; empty if there are none."""
    return [f"{name}: {row[0]}" for name, sql in CHECKS.items() for row in tx.rows(sql)]
