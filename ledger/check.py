"""Check the books. Each check is a query that finds faults; if it returns no rows, the promise holds."""

from kernel.db import Tx

CHECKS = {
    "accounts_sum_to_zero": """
        SELECT format('accounts in %s sum to %s fen', currency, sum(balance_minor))
          FROM ledger_account GROUP BY currency HAVING sum(balance_minor) <> 0""",
    "balance_equals_transfers": """
        SELECT format('account %s holds %s fen but its transfers sum to %s',
                      a.name, a.balance_minor, coalesce(m.moved, 0))
          FROM ledger_account a
          LEFT JOIN (SELECT account, sum(amount) AS moved
                       FROM (SELECT credit_account AS account, amount_minor AS amount FROM ledger_transfer
                             UNION ALL
                             SELECT debit_account, -amount_minor FROM ledger_transfer) AS legs
                      GROUP BY account) AS m ON m.account = a.id
         WHERE a.balance_minor <> coalesce(m.moved, 0)""",
    "floors_hold": """
        SELECT format('account %s is below its floor: %s fen', name, balance_minor)
          FROM ledger_account WHERE balance_minor < floor_minor""",
    "no_orphan_transfers": """
        SELECT format('transfer %s names an account that does not exist', t.key)
          FROM ledger_transfer t
         WHERE NOT EXISTS (SELECT FROM ledger_account WHERE id = t.debit_account)
            OR NOT EXISTS (SELECT FROM ledger_account WHERE id = t.credit_account)""",
    "one_currency_per_transfer": """
        SELECT format('transfer %s moves between currencies', t.key)
          FROM ledger_transfer t
          JOIN ledger_account d ON d.id = t.debit_account
          JOIN ledger_account c ON c.id = t.credit_account
         WHERE d.currency <> c.currency""",
}


def faults(tx: Tx) -> list[str]:
    """Describe every fault in the books; empty when they hold."""
    return [f"{name}: {row[0]}" for name, sql in CHECKS.items() for row in tx.rows(sql)]
