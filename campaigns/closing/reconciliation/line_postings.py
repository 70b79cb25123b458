"""Book the statement lines that concern the provider itself: the fees that it kept, and its payouts to the bank."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from kernel.db import Tx
from ledger.chart import Account, bank, clearing, fees
from ledger.kinds import TransferKind
from ledger.post import Transfer

PAGE = 5_000  # lines

# The fee of a line is a line of its own (negative on statements) or was kept from another movement. Fees kept from
# a partner's movements are always booked. Other shops use the account of a provider as well, so its fees are booked
# only if the line names one of our donations or is about the account itself. A fee that names a donation which its
# provider does not have is a difference (`differences.LINES_UNEXPLAINED`). Kept fees in another currency than the
# donation's stay on the statement, because our books have no exchange rate for them.
_FEES = """
    SELECT l.provider, l.line_id, coalesce(l.fee_currency, l.currency) AS currency, d.id AS donation_id,
           l.fee_minor - CASE l.kind WHEN 'fee' THEN l.amount_minor ELSE 0 END AS amount_minor
      FROM provider_line l LEFT JOIN donation d ON d.id = l.donation_id AND d.provider = l.provider
     WHERE CASE l.kind WHEN 'fee' THEN d.id IS NOT NULL OR (l.donation_id IS NULL AND l.payment_intent IS NULL)
                       ELSE l.fee_minor <> 0
                            AND (l.provider LIKE 'partner:%' OR l.kind = 'payout'
                                 OR coalesce(l.fee_currency, l.currency) = d.currency) END"""
FEES_BOOKED = f"""
    SELECT f.provider, f.currency, f.minor AS lines_minor, coalesce(b.minor, 0) AS booked_minor
      FROM (SELECT provider, currency, sum(amount_minor) AS minor FROM ({_FEES}) AS due GROUP BY 1, 2) AS f
      LEFT JOIN (SELECT provider, currency, -balance_minor AS minor FROM provider_balance
                  WHERE kind = 'fees') AS b USING (provider, currency)
     WHERE f.minor <> coalesce(b.minor, 0)"""


class _Line(NamedTuple):
    """The amount to book for one line; fen, above zero when it reduces what the provider holds for us."""

    provider: str
    line_id: str
    currency: str
    donation_id: UUID | None
    amount_minor: int


def fee_accounts(tx: Tx) -> set[Account]:
    """Return the accounts of the providers whose fees differ from the books; empty when there are none to book."""
    rows = tx.rows(FEES_BOOKED)
    return {account for row in rows for account in (fees(row[0], row[1]), clearing(row[0], row[1]))}


def fee_pages(tx: Tx) -> Iterator[list[Transfer]]:
    """Return the transfers of fees that are not in the books yet, a page at a time, because every line of a
    statement may have a fee. Check `fee_accounts` first."""
    pages = tx.pages(
        _Line,
        PAGE,
        f"""SELECT due.* FROM ({_FEES}) AS due
              LEFT JOIN line_posting p ON p.key = 'fee:' || due.provider || ':' || due.line_id
             WHERE p.key IS NULL AND due.amount_minor <> 0""",
    )
    return ([_fee_transfer(line) for line in page] for page in pages)


def _fee_transfer(line: _Line) -> Transfer:
    expense, receivable = fees(line.provider, line.currency), clearing(line.provider, line.currency)
    key = f"fee:{line.provider}:{line.line_id}"
    if line.amount_minor > 0:
        return Transfer(key, expense, receivable, line.amount_minor, TransferKind.FEE_CHARGED, line.donation_id)
    return Transfer(key, receivable, expense, -line.amount_minor, TransferKind.FEE_REFUNDED, line.donation_id)


def payout_transfers(tx: Tx) -> list[Transfer]:
    """Return the transfers of payouts that are not in the books yet. There are few."""
    lines = tx.rows_as(
        _Line,
        """SELECT l.provider, l.line_id, l.currency, CAST(NULL AS uuid) AS donation_id,
                  -l.amount_minor AS amount_minor
             FROM provider_line l
             LEFT JOIN line_posting p ON p.key = 'payout:' || l.provider || ':' || l.line_id
            WHERE l.kind = 'payout' AND l.amount_minor <> 0 AND p.key IS NULL""",
    )
    return [_payout_transfer(line) for line in lines]


def _payout_transfer(line: _Line) -> Transfer:
    held, account = clearing(line.provider, line.currency), bank(line.currency)
    key = f"payout:{line.provider}:{line.line_id}"
    if line.amount_minor > 0:
        return Transfer(key, account, held, line.amount_minor, TransferKind.PAYOUT)
    return Transfer(key, held, account, -line.amount_minor, TransferKind.PAYOUT_RETURNED)


def settlement_transfers(tx: Tx) -> list[Transfer]:
    """Return the transfers of days that partners settled without a payout on their bills, as shown by the bank."""
    lines = tx.rows_as(
        _Line,
        """SELECT c.provider, c.item AS line_id, l.currency, CAST(NULL AS uuid) AS donation_id, c.amount_minor
             FROM bank_claim c JOIN bank_line l ON l.id = c.bank_line_id
             LEFT JOIN line_posting p ON p.key = 'payout:' || c.provider || ':' || 'settled ' || c.item
            WHERE c.kind = 'settlement' AND p.key IS NULL""",
    )
    return [_payout_transfer(line._replace(line_id=f"settled {line.line_id}")) for line in lines]
