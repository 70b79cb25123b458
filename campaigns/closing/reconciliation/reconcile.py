"""Compare our books with the providers' statements, and settle the donations that agree."""

from collections.abc import Sequence

from campaigns.closing.bank.bank_match import match_bank
from campaigns.closing.models import Discrepancy
from campaigns.closing.reconciliation.bookings import booking_transfers
from campaigns.closing.reconciliation.differences import SIDES
from campaigns.closing.reconciliation.discrepancies import count_open, list_differences
from campaigns.closing.reconciliation.line_postings import (
    fee_accounts,
    fee_pages,
    payout_transfers,
    settlement_transfers,
)
from campaigns.donations.transitions import settle
from campaigns.lifecycle.models import Campaign
from kernel.db import Tx
from ledger.post import lock_accounts, post


def reconcile(tx: Tx, campaign: Campaign) -> int:
    """List the differences, settle the campaign's donations that agree, and book fees, payouts and signed-off sums;
    return how many differences of the campaign are open. The campaign is locked."""
    assert campaign.id is not None
    _link_lines(tx)
    match_bank(tx)
    listed = list_differences(tx, campaign.id)
    _settle_donations(tx, campaign.id)
    _post(tx, listed)
    return count_open(tx, campaign.id)


def compare(tx: Tx) -> None:
    """List the differences, and book fees, payouts and signed-off sums. Called after lines arrive, and
    regularly."""
    _link_lines(tx)
    match_bank(tx)
    _post(tx, list_differences(tx))


def _link_lines(tx: Tx) -> None:
    """Link lines to the donation that their payment belongs to, once it is known. A payment on the desk belongs to
    the donation that it differs from until it is attached to another, so that its fee is booked."""
    with tx.by_set():
        tx.run(
            """UPDATE provider_line l SET donation_id = d.id FROM donation d
                WHERE l.donation_id IS NULL AND l.payment_intent IS NOT NULL
                  AND (d.provider, d.payment_intent) = (l.provider, l.payment_intent)"""
        )
        tx.run(
            """UPDATE provider_line l SET donation_id = coalesce(e.attached_to, e.donation_id)
                 FROM payment_exception e
                WHERE (e.provider, e.payment_intent) = (l.provider, l.payment_intent)
                  AND (l.donation_id IS NULL OR l.donation_id <> e.attached_to)"""
        )


def _post(tx: Tx, differences: Sequence[Discrepancy]) -> None:
    """Lock all accounts, then book fees a page at a time, and finally payouts and signed-off sums."""
    rest = [*payout_transfers(tx), *settlement_transfers(tx), *booking_transfers(tx, differences)]
    accounts = {account for transfer in rest for account in (transfer.debit, transfer.credit)}
    of_fees = fee_accounts(tx)
    lock_accounts(tx, accounts | of_fees)
    for transfers in fee_pages(tx) if of_fees else ():
        post(tx, transfers)
    post(tx, rest)


def _settle_donations(tx: Tx, campaign_id: int) -> None:
    """Settle paid donations that the provider's statement shows with the same amounts. The lock on the campaign
    keeps other transactions from changing them."""
    agreed = f"""{SIDES}
        SELECT o.id FROM ours o JOIN theirs t USING (id)
         WHERE o.campaign_id = :campaign AND t.charges = 1 AND t.charged = o.amount_minor
           AND t.returned = o.returned_minor"""
    with tx.by_set():
        settle(tx, agreed, "on_statement", campaign=campaign_id)
