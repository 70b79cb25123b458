"""Books, providers and bank side by side: what each provider holds by our books and by its statement, what it sent,
and how much of that the bank shows."""

from datetime import date
from typing import NamedTuple

from campaigns.closing.bank.bank_match import FREE
from kernel.db import Tx


class Side(NamedTuple):
    """One provider, in fen: what it holds by our books (including signed-off differences) and by its statement, the
    open differences listed, what it sent to the bank, and how much of that the bank shows."""

    provider: str
    currency: str
    books_minor: int
    stated_minor: int
    open_minor: int
    sent_minor: int
    arrived_minor: int

    @property
    def apart_minor(self) -> int:
        """Return what the provider's statement has beyond our books, in fen."""
        return self.stated_minor - self.books_minor


class AtBank(NamedTuple):
    """One account by the bank's statements: first and last day, number of lines, money in and out (fen), and the
    number of lines that nothing in our books claims. A line and its reversal by the bank cancel each other."""

    account: str
    first: date
    last: date
    lines: int
    in_minor: int
    out_minor: int
    unexplained: int


def sides(tx: Tx) -> list[Side]:
    """Return the position of books, providers and bank, ordered by provider."""
    return tx.rows_as(
        Side,
        """WITH books AS (
               SELECT provider, currency, -balance_minor AS minor FROM provider_balance WHERE kind = 'clearing'),
           stated AS (
               SELECT provider, currency, sum(amount_minor - CASE WHEN coalesce(fee_currency, currency) = currency
                                                                  THEN fee_minor ELSE 0 END) AS minor,
                      -coalesce(sum(amount_minor) FILTER (WHERE kind = 'payout'), 0) AS sent
                 FROM provider_line GROUP BY 1, 2),
           listed AS (
               SELECT provider, currency, sum(sum_minor) AS minor FROM discrepancy
                WHERE state = 'open' AND provider <> 'bank' GROUP BY 1, 2),
           arrived AS (
               SELECT c.provider, l.currency, sum(c.amount_minor) AS minor,
                      coalesce(sum(c.amount_minor) FILTER (WHERE c.kind = 'settlement'), 0) AS settled
                 FROM bank_claim c JOIN bank_line l ON l.id = c.bank_line_id
                WHERE c.kind IN ('payout', 'settlement') GROUP BY 1, 2)
           SELECT provider, currency, CAST(coalesce(b.minor, 0) AS bigint) AS books_minor,
                  CAST(coalesce(s.minor, 0) - coalesce(a.settled, 0) AS bigint) AS stated_minor,
                  CAST(coalesce(o.minor, 0) AS bigint) AS open_minor,
                  CAST(coalesce(s.sent, 0) + coalesce(a.settled, 0) AS bigint) AS sent_minor,
                  CAST(coalesce(a.minor, 0) AS bigint) AS arrived_minor
             FROM books b FULL JOIN stated s USING (provider, currency)
             FULL JOIN listed o USING (provider, currency) FULL JOIN arrived a USING (provider, currency)
            ORDER BY provider, currency""",
    )


def at_bank(tx: Tx) -> list[AtBank]:
    """Return what the bank's statements cover, by account."""
    return tx.rows_as(
        AtBank,
        f"""WITH {FREE}
           SELECT l.account, min(l.booked_on) AS first, max(l.booked_on) AS last, count(*) AS lines,
                  CAST(coalesce(sum(l.amount_minor) FILTER (WHERE l.amount_minor > 0), 0) AS bigint) AS in_minor,
                  CAST(coalesce(-sum(l.amount_minor) FILTER (WHERE l.amount_minor < 0), 0) AS bigint) AS out_minor,
                  count(f.id) AS unexplained
             FROM bank_line l LEFT JOIN free f ON f.id = l.id GROUP BY l.account ORDER BY l.account""",
    )
