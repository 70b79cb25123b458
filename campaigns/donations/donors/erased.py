"""Donors erased while their campaign goes on. Its caps still count them as one donor (ADR 21).

Their donations carry a key derived from the old one with SECRET_KEY, so that the database and FIELD_KEY together do
not lead from a phone number to it. If such a donor gives again in that campaign, computing the key again recognises
them.
"""

from collections.abc import Collection, Mapping, Set
from typing import NamedTuple

from campaigns.donations.donors.identity import is_own_key
from kernel.db import Tx
from kernel.keys import Keys


class DonorIn(NamedTuple):
    """A donor, by key, in a campaign."""

    campaign_id: int
    donor_key: str


def erased_key(keys: Keys, donor: DonorIn) -> str:
    """Return the key of a donor after erasure. Its first letter still shows how they were identified."""
    return f"{donor.donor_key[:2]}erased-{keys.erased(str(donor.campaign_id), donor.donor_key)}"


def is_erased_key(donor_key: str) -> bool:
    """Return whether the key is that of an erased donor, which no longer leads to a person."""
    return donor_key[2:].startswith("erased-")


def keys_after_erasure(tx: Tx, keys: Keys, donors: Collection[DonorIn]) -> Mapping[DonorIn, str]:
    """Return the new keys of those donors who were erased in their campaign."""
    concerned = _with_erased(tx, {donor.campaign_id for donor in donors})
    candidates = {
        donor: erased_key(keys, donor)
        for donor in (donors if concerned else ())
        if donor.campaign_id in concerned and not is_own_key(donor.donor_key)
    }
    if not candidates:
        return {}
    rows = tx.rows(
        "SELECT donor_key FROM erased_donor WHERE donor_key = ANY(:keys)", keys=sorted(candidates.values())
    )
    erased = {row.donor_key for row in rows}
    return {donor: key for donor, key in candidates.items() if key in erased}


def _with_erased(tx: Tx, campaign_ids: Set[int]) -> set[int]:
    """Return those of the campaigns that have an erased donor. Usually none has, so no key needs to be computed."""
    if not campaign_ids:
        return set()
    rows = tx.rows(
        """SELECT u.id FROM unnest(CAST(:ids AS bigint[])) AS u(id)
            WHERE EXISTS (SELECT FROM erased_donor e WHERE e.campaign_id = u.id)""",
        ids=sorted(campaign_ids),
    )
    return {row.id for row in rows}
