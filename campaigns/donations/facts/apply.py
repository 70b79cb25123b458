"""Write the effects of a batch of merged facts (rows, donor counts, match and money) in bulk statements."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from campaigns.donations.facts.aggregate import DonationAggregate
from campaigns.donations.facts.columns import COLUMNS, columns_of
from campaigns.donations.facts.match_changes import MatchChanges
from campaigns.donations.facts.store_exceptions import store_exceptions
from campaigns.donations.facts.store_reversals import store_reversals
from campaigns.donations.facts.store_warnings import store_warnings
from campaigns.donations.letters.letter_models import LetterKind
from campaigns.donations.letters.letters import NewLetter, queue_letters
from campaigns.donations.letters.outgoing import queue_refunds
from campaigns.donations.models import Donation
from campaigns.donations.refunds.refunds import returned_key
from campaigns.donations.screening_queue import queue_for_screening
from campaigns.donations.states import COUNTED
from campaigns.donations.transitions import record_transitions
from campaigns.lifecycle.models import CampaignDonor, CampaignTally
from kernel.bulk import unnest, update_rows
from kernel.db import Tx
from ledger.chart import clearing, donations, losses
from ledger.kinds import TransferKind
from ledger.post import Transfer


class TallyChange(NamedTuple):
    """The change in a campaign's numbers of paid donations and donors."""

    donations: int
    donors: int


class BatchEffects:
    """The effects of one batch of merged facts.

    `write` stores them and returns the transfers for a single call of `post`; call `count` after it. A payment
    under way keeps its match for `reservation_s` seconds, which is how long a new reservation lasts.
    """

    def __init__(self, tx: Tx, aggregates: Sequence[DonationAggregate], reservation_s: int) -> None:
        self.tx = tx
        self.reservation_s = reservation_s
        self.aggregates = aggregates
        self.newly_paid = [donation for donation in aggregates if donation.newly_paid]

    def write(self) -> list[Transfer]:
        transfers = _money(self.aggregates)
        _store(self.tx, self.aggregates, self.tx.now + timedelta(seconds=self.reservation_s))
        record_transitions(self.tx, [step for donation in self.aggregates for step in donation.transitions])
        store_reversals(self.tx, self.aggregates)
        queue_letters(self.tx, _refund_letters(self.aggregates))
        queue_refunds(self.tx, [row.id for row in self.aggregates if row.refunded_minor > row.refunded_was])
        store_exceptions(self.tx, self.aggregates)
        store_warnings(self.tx, self.aggregates)
        queue_for_screening(self.tx, [donation.id for donation in self.aggregates if donation.needs_screening])
        self._tally_changes = _count_donors(self.tx, self.aggregates)
        # After all other rows, because from here on batches of other workers wait for the pots that this locks.
        return transfers + MatchChanges(self.tx, self.aggregates).write()

    def count(self) -> None:
        """Update the tallies. This comes last, because all donations of a campaign share one row and its lock must
        be held briefly."""
        _update_tallies(self.tx, self._tally_changes)


def _money(aggregates: Sequence[DonationAggregate]) -> list[Transfer]:
    """Return the transfers for receipts and refunds. A refund that arrived before its payment is booked with it."""
    transfers = []
    for donation in aggregates:
        if donation.paid_at is None:
            continue
        account = donations(donation.campaign_id, donation.project_id, donation.currency)
        provider = clearing(donation.provider, donation.currency)
        if donation.newly_paid:
            key = f"donation:{donation.id}:received"
            transfers.append(
                Transfer(key, provider, account, donation.amount_minor, TransferKind.DONATION_RECEIVED, donation.id)
            )
        transfers += _returned(donation)
    return transfers


def _returned(donation: DonationAggregate) -> list[Transfer]:
    """Return the transfers for money returned or reinstated since the last posting. Their keys are numbered,
    because the same sum may be returned, reinstated and returned again."""
    refunded = donation.refunded_minor - (0 if donation.newly_paid else donation.refunded_was)
    excess = donation.excess_minor - (0 if donation.newly_paid else donation.excess_was)
    if not refunded and not excess:
        return []
    kept = donations(donation.campaign_id, donation.project_id, donation.currency)
    provider, lost = clearing(donation.provider, donation.currency), losses(donation.provider, donation.currency)
    donation.reversal_postings += 1
    key = returned_key(donation.id, donation.reversal_postings)
    steps = [
        (refunded, "", kept, provider, TransferKind.DONATION_REFUNDED),
        (-refunded, "", provider, kept, TransferKind.DONATION_REINSTATED),
        (excess, ":excess", lost, provider, TransferKind.LOSS_BOOKED),
        (-excess, ":excess", provider, lost, TransferKind.LOSS_RECOVERED),
    ]
    return [
        Transfer(key + suffix, debit, credit, amount, kind, donation.id)
        for amount, suffix, debit, credit, kind in steps
        if amount > 0
    ]


def _refund_letters(aggregates: Sequence[DonationAggregate]) -> list[NewLetter]:
    """Return letters to donors who got a refund. Money that a bank takes back in a dispute is not our refund."""
    return [
        NewLetter(
            donation.id,
            LetterKind.REFUNDED,
            str(donation.reversal_postings),
            donation.refunded_minor - donation.refunded_was,
        )
        for donation in aggregates
        if donation.paid_at is not None and not donation.dispute and donation.refunded_minor > donation.refunded_was
    ]


def _store(tx: Tx, aggregates: Sequence[DonationAggregate], extended_until: datetime) -> None:
    """Write the rows that changed. Most repeated messages change nothing."""
    for donation in aggregates:
        if donation.extend_reservation and (donation.match_until is None or donation.match_until < extended_until):
            donation.match_until = extended_until
    changed = [
        (donation, columns) for donation in aggregates if (columns := columns_of(donation)) != donation.stored
    ]
    if changed:
        values = dict(zip(COLUMNS, map(list, zip(*(columns for _, columns in changed), strict=True)), strict=True))
        # The provider knows of a payment, so the donation no longer counts for its address.
        update_rows(
            tx, Donation, "id", {"id": [donation.id for donation, _ in changed], **values, "network_key": None}
        )


def _count_donors(tx: Tx, aggregates: Sequence[DonationAggregate]) -> dict[int, TallyChange]:
    """Count donations by donor as they enter and leave the counted states; return the changes by campaign."""
    deltas: Counter[tuple[int, str]] = Counter()
    for donation in aggregates:
        deltas[donation.campaign_id, donation.donor_key] += (donation.status in COUNTED) - (
            donation.status_was in COUNTED
        )
    changed = sorted(key for key, delta in deltas.items() if delta)
    if not changed:
        return {}
    rows = tx.rows(
        f"""INSERT INTO campaign_donor AS kept (campaign_id, donor_key, donations)
            SELECT * FROM {unnest(CampaignDonor, "campaign_id", "donor_key", "donations")}
            ON CONFLICT (campaign_id, donor_key) DO UPDATE SET donations = kept.donations + excluded.donations
            RETURNING campaign_id, donor_key, donations""",
        campaign_id=[campaign_id for campaign_id, _ in changed],
        donor_key=[donor_key for _, donor_key in changed],
        donations=[deltas[key] for key in changed],
    )
    changes: dict[int, TallyChange] = {}
    for row in rows:
        delta = deltas[row.campaign_id, row.donor_key]
        before = changes.get(row.campaign_id, TallyChange(0, 0))
        donors = (row.donations > 0) - (row.donations - delta > 0)
        changes[row.campaign_id] = TallyChange(before.donations + delta, before.donors + donors)
    return changes


def _update_tallies(tx: Tx, changes: dict[int, TallyChange]) -> None:
    if not changes:
        return
    campaigns = sorted(changes)
    tx.run(
        f"""UPDATE campaign_tally t SET donations = t.donations + u.donations, donors = t.donors + u.donors
              FROM {unnest(CampaignTally, "campaign_id", "donations", "donors")}
             WHERE t.campaign_id = u.campaign_id""",
        campaign_id=campaigns,
        donations=[changes[campaign_id].donations for campaign_id in campaigns],
        donors=[changes[campaign_id].donors for campaign_id in campaigns],
    )
