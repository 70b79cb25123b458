"""Check the samples that auditors drew: each seed must draw the same donations again from the current books."""

from collections.abc import Iterator

from sqlmodel import col, select

from campaigns.sampling.draw import repeat
from campaigns.sampling.models import AuditSample, SampleItem
from kernel.db import Tx

NUMBER = 1


def faults(tx: Tx) -> list[str]:
    """Return as sentences which samples differ from what their seed draws; empty if none does. Payouts are not
    compared, because there may be more than at the draw."""
    return list(_differing(tx))


def _differing(tx: Tx) -> Iterator[str]:
    for sample in tx.all(select(AuditSample).order_by(col(AuditSample.id))):
        items = select(SampleItem.donation_id).where(
            SampleItem.sample_id == sample.id, col(SampleItem.donation_id).is_not(None)
        )
        again = repeat(tx, sample)
        kept = tx.all(items.order_by(col(SampleItem.place)))
        if (sample.of_donations, sample.list_hash, kept) != (
            again.of_donations,
            again.list_hash,
            again.donations,
        ):
            yield (
                f"samples_draw_the_same_again: sample {sample.number} of campaign {sample.campaign_id} is not what "
                f"its seed draws from the donations of now"
            )
