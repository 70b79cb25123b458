"""Merge donors who turn out to be one person: their reservations get one key, unless a cap would be exceeded.

Past decisions stand. Two keys are merged only if what both ever got fits the caps of one donor. Each decision would
then have been the same for one donor: the caps hold, and a replay has the same result.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from kernel.db import Tx
from matching.pot_state import PotState, load_pot_states


class _Part(NamedTuple):
    """Match (fen) that a donor got from a pot on a day, including what was released or returned later."""

    donor_key: str
    pot_id: int
    day: date
    amount_minor: int


class _Caps(NamedTuple):
    """The smallest caps (fen) that a pot ever had; None for no cap."""

    donor_minor: int | None
    donor_day_minor: int | None


def merge_donors(tx: Tx, campaign_id: int, new_keys: Mapping[str, str]) -> list[str]:
    """Replace the donor keys of a campaign's reservations (old -> new). The caller has locked the campaign
    exclusively.

    Return the old keys that could be merged. The others stay as they are.
    """
    caps = {pot.pot_id: _smallest_caps(pot) for pot in load_pot_states(tx, [campaign_id])}
    parts = _load_parts(tx, list(caps), [*new_keys, *new_keys.values()])
    by_key: dict[str, list[_Part]] = {}
    for part in parts:
        by_key.setdefault(part.donor_key, []).append(part)
    merged = []
    # The largest first: of keys that do not fit together, this one leaves the donor the least room.
    for old in sorted(new_keys, key=lambda key: (-sum(part.amount_minor for part in by_key.get(key, ())), key)):
        new = new_keys[old]
        own, others = by_key.get(old, []), by_key.get(new, [])
        if not own or not others or _fits([*own, *others], caps):
            by_key[new] = [*own, *others]
            merged.append(old)
    if merged:
        tx.run(
            """UPDATE reservation r SET donor_key = u.new
                 FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS u(old, new)
                WHERE r.donor_key = u.old AND r.pot_id = ANY(:pots)""",
            old=merged,
            new=[new_keys[old] for old in merged],
            pots=list(caps),
        )
    return merged


def _smallest_caps(pot: PotState) -> _Caps:
    caps = [version.rules.caps for version in pot.versions]
    return _Caps(
        min((cap.donor_minor for cap in caps if cap.donor_minor is not None), default=None),
        min((cap.donor_day_minor for cap in caps if cap.donor_day_minor is not None), default=None),
    )


def _load_parts(tx: Tx, pot_ids: Sequence[int], donor_keys: Sequence[str]) -> list[_Part]:
    return tx.rows_as(
        _Part,
        """SELECT donor_key, pot_id, day, CAST(sum(amount_minor) AS bigint) AS amount_minor FROM reservation
            WHERE donor_key = ANY(:keys) AND pot_id = ANY(:pots) GROUP BY donor_key, pot_id, day""",
        keys=list(donor_keys),
        pots=list(pot_ids),
    )


def _fits(parts: Sequence[_Part], caps: Mapping[int, _Caps]) -> bool:
    """Return whether these parts, all of one donor, stay within the caps of their pots."""
    in_all: Counter[int] = Counter()
    by_day: Counter[tuple[int, date]] = Counter()
    for part in parts:
        in_all[part.pot_id] += part.amount_minor
        by_day[part.pot_id, part.day] += part.amount_minor
    return all(_within(amount, caps[pot_id].donor_minor) for pot_id, amount in in_all.items()) and all(
        _within(amount, caps[pot_id].donor_day_minor) for (pot_id, _), amount in by_day.items()
    )


def _within(amount_minor: int, cap_minor: int | None) -> bool:
    return cap_minor is None or amount_minor <= cap_minor
