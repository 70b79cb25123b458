"""Book signed-off differences: the sum moves between `clearing` and the account of its cause. The books then say
that a provider holds what it really holds, and each account shows what its cause has cost or brought in."""

from collections.abc import Sequence
from typing import NamedTuple

from campaigns.closing.bank.bank_differences import BANK
from campaigns.closing.models import Discrepancy
from kernel.db import Tx
from ledger.chart import AccountKind, bank, clearing, of_difference
from ledger.kinds import TransferKind
from ledger.post import Transfer

SIGNED_OFF = "signed_off"


class BookedSum(NamedTuple):
    """The signed-off differences of one provider, cause and account: how many, and their sum in fen (above zero:
    the provider holds more than donations explain)."""

    provider: str
    cause: str
    account: str
    currency: str
    differences: int
    amount_minor: int


class ProviderPosition(NamedTuple):
    """What a provider holds for us by our books, and how much of its signed-off differences is in suspense or on
    the account of a cause; fen."""

    provider: str
    currency: str
    held_minor: int
    suspense_minor: int
    placed_minor: int


def booking_transfers(
    tx: Tx, differences: Sequence[Discrepancy], account: AccountKind | None = None
) -> list[Transfer]:
    """Return the transfers that bring the booking of each difference up to date: its whole sum while it is signed
    off, otherwise nothing. It is booked on `account`, or where it already is (None). A previous booking is taken
    back first."""
    transfers = []
    for difference in differences:
        due = difference.sum_minor if difference.state == SIGNED_OFF else 0
        before, after = AccountKind(difference.account), account or AccountKind(difference.account)
        if (due, after) == (difference.booked_minor, before):
            continue
        difference.bookings += 1
        key = f"difference:{difference.id}:{difference.bookings}"
        steps = [
            (f"{key}:back", before, -difference.booked_minor, TransferKind.DIFFERENCE_CORRECTED),
            (key, after, due, TransferKind.DIFFERENCE_BOOKED),
        ]
        transfers += [_transfer(difference, *step) for step in steps if step[2]]
        difference.booked_minor, difference.account = due, after
        tx.add(difference)
    tx.session.flush()
    return transfers


def _transfer(
    difference: Discrepancy, key: str, account: AccountKind, amount_minor: int, kind: TransferKind
) -> Transfer:
    """Return one transfer. An amount above zero means that the provider holds more than donations explain."""
    at_bank = difference.provider == BANK
    held = bank(difference.currency) if at_bank else clearing(difference.provider, difference.currency)
    cause = of_difference(account, difference.provider, difference.currency)
    debit, credit = (held, cause) if amount_minor > 0 else (cause, held)
    return Transfer(key, debit, credit, abs(amount_minor), kind, difference.donation_id)


def booked_sums(tx: Tx, campaign_id: int | None) -> list[BookedSum]:
    """Return the booked sums of a campaign (None: of lines without a campaign) by provider, cause and account."""
    return tx.rows_as(
        BookedSum,
        """SELECT provider, cause, account, currency, count(*) AS differences,
                  CAST(sum(booked_minor) AS bigint) AS amount_minor
             FROM discrepancy
            WHERE campaign_id IS NOT DISTINCT FROM CAST(:campaign AS bigint) AND booked_minor <> 0
            GROUP BY provider, cause, account, currency ORDER BY provider, cause, account, currency""",
        campaign=campaign_id,
    )


def positions(tx: Tx) -> list[ProviderPosition]:
    """Return what each provider holds by our books, including signed-off differences."""
    return tx.rows_as(
        ProviderPosition,
        """SELECT provider, currency,
                  CAST(coalesce(-sum(balance_minor) FILTER (WHERE kind = 'clearing'), 0) AS bigint) AS held_minor,
                  CAST(coalesce(sum(balance_minor) FILTER (WHERE kind = 'suspense'), 0) AS bigint)
                      AS suspense_minor,
                  CAST(coalesce(sum(balance_minor) FILTER (WHERE kind NOT IN
                                ('clearing', 'fees', 'losses', 'suspense')), 0) AS bigint) AS placed_minor
             FROM provider_balance GROUP BY provider, currency ORDER BY provider, currency""",
    )
