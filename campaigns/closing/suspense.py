"""Book what is signed off: the sum of a difference moves between `clearing` and `suspense`, so that what we say a
provider holds is what it holds, and the account shows what nobody has placed yet."""

from collections.abc import Sequence
from typing import NamedTuple

from campaigns.closing.bank_differences import BANK
from campaigns.closing.models import Discrepancy
from kernel.db import Tx
from ledger.chart import bank, clearing, suspense
from ledger.kinds import TransferKind
from ledger.post import Transfer

SIGNED_OFF = "signed_off"


class SuspenseSum(NamedTuple):
    """What is signed off of one provider and cause: how many differences, and their sum in fen (above zero: the
    provider holds more than donations explain)."""

    provider: str
    cause: str
    currency: str
    differences: int
    amount_minor: int


class ProviderPosition(NamedTuple):
    """What a provider holds for us by our books, and what of it is in suspense; fen."""

    provider: str
    currency: str
    held_minor: int
    suspense_minor: int


def suspense_transfers(tx: Tx, differences: Sequence[Discrepancy]) -> list[Transfer]:
    """Return what makes the booked sum of each difference its sum while it is signed off, and nothing otherwise."""
    transfers = []
    for difference in differences:
        due = difference.sum_minor if difference.state == SIGNED_OFF else 0
        if due == difference.booked_minor:
            continue
        difference.bookings += 1
        key = f"difference:{difference.id}:{difference.bookings}"
        steps = [
            (f"{key}:back", -difference.booked_minor, TransferKind.DIFFERENCE_CORRECTED),
            (key, due, TransferKind.DIFFERENCE_BOOKED),
        ]
        transfers += [_transfer(difference, *step) for step in steps if step[1]]
        difference.booked_minor = due
        tx.add(difference)
    tx.session.flush()
    return transfers


def _transfer(difference: Discrepancy, key: str, amount_minor: int, kind: TransferKind) -> Transfer:
    """Above zero the provider holds more than donations explain: it is owed to nobody that we know."""
    at_bank = difference.provider == BANK
    held = bank(difference.currency) if at_bank else clearing(difference.provider, difference.currency)
    unplaced = suspense(difference.provider, difference.currency)
    debit, credit = (held, unplaced) if amount_minor > 0 else (unplaced, held)
    return Transfer(key, debit, credit, abs(amount_minor), kind, difference.donation_id)


def suspense_of(tx: Tx, campaign_id: int | None) -> list[SuspenseSum]:
    """Return what is signed off of a campaign (None: of lines that belong to none), by provider and cause."""
    return tx.rows_as(
        SuspenseSum,
        """SELECT provider, cause, currency, count(*) AS differences,
                  CAST(sum(booked_minor) AS bigint) AS amount_minor
             FROM discrepancy
            WHERE campaign_id IS NOT DISTINCT FROM CAST(:campaign AS bigint) AND booked_minor <> 0
            GROUP BY provider, cause, currency ORDER BY provider, cause, currency""",
        campaign=campaign_id,
    )


def positions(tx: Tx) -> list[ProviderPosition]:
    """Return what each provider holds by our books, differences that were signed off included."""
    return tx.rows_as(
        ProviderPosition,
        """SELECT provider, currency,
                  CAST(coalesce(-sum(balance_minor) FILTER (WHERE kind = 'clearing'), 0) AS bigint) AS held_minor,
                  CAST(coalesce(sum(balance_minor) FILTER (WHERE kind = 'suspense'), 0) AS bigint) AS suspense_minor
             FROM provider_balance GROUP BY provider, currency ORDER BY provider, currency""",
    )
