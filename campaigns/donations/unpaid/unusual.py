"""Ask before an unusually large gift or many gifts of one donor within an hour, and pause above a higher limit.

The donor answers a question by sending the same request with `confirmed`; a pause ends by itself. Nothing is
reserved before either. Our pages ask; another program asks its donors if it sends `confirmed`. Staff see every such
donor (signal `rapid_giving`). Gifts through partners or files have limits of their own (`intake`).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from campaigns.dependencies import DonationLimits
from campaigns.donations.commands import CreateDonation
from campaigns.donations.donors.identity import is_own_key, is_visitor_key
from campaigns.donations.states import ABANDONED
from kernel.clock import SHANGHAI, local_day
from kernel.db import Tx
from kernel.errors import Conflict

HOUR = timedelta(hours=1)
NOTHING_RESERVED: Mapping[int, int] = MappingProxyType({})
MOST_LOADED = 500  # newest gifts of one donor; more than any pause admits in a day with few large ones


class Gift(NamedTuple):
    """A donor's gift that was not abandoned, paid or not; fen. `reserved`: match reserved for it, by pot."""

    pledged_at: datetime
    amount_minor: int
    reserved: Mapping[int, int] = NOTHING_RESERVED


class _GiftRow(NamedTuple):
    donor_key: str
    pledged_at: datetime
    amount_minor: int
    pots: list[int] | None
    minors: list[int] | None


def load_gifts(tx: Tx, donor_keys: Iterable[str]) -> dict[str, list[Gift]]:
    """Return the newest gifts of donors. Reads no clock. Reserved amounts are exact while the pots are locked. A
    donor known only by their donation is left out."""
    gifts: dict[str, list[Gift]] = {key: [] for key in donor_keys if not is_own_key(key)}
    if not gifts:
        return gifts
    for row in tx.rows_as(
        _GiftRow,
        """SELECT u.donor_key, g.pledged_at, g.amount_minor, h.pots, h.minors
             FROM unnest(CAST(:keys AS text[])) AS u(donor_key)
            CROSS JOIN LATERAL (
                  SELECT id, status, pledged_at, amount_minor FROM donation
                   WHERE donor_key = u.donor_key AND channel NOT IN ('partner', 'offline')
                     AND NOT status = ANY(:abandoned)
                   ORDER BY pledged_at DESC LIMIT :most) AS g
             LEFT JOIN LATERAL (
                  SELECT array_agg(pot_id) AS pots, array_agg(live_minor) AS minors FROM reservation
                   WHERE donation_id = g.id AND state = 'reserved') AS h ON g.status IN ('pending', 'paying')""",
        keys=sorted(gifts),
        abandoned=sorted(ABANDONED),
        most=MOST_LOADED,
    ):
        reserved = dict(zip(row.pots, row.minors or (), strict=True)) if row.pots else NOTHING_RESERVED
        gifts[row.donor_key].append(Gift(row.pledged_at, row.amount_minor, reserved))
    return gifts


def unusual(
    command: CreateDonation, donor_key: str, gifts: Sequence[Gift], limits: DonationLimits, now: datetime
) -> Conflict | None:
    """PURE. Return `giving_paused` with the time from which the donor may give again, `giving_unusual` with the
    reasons, or None. `gifts` are the donor's earlier gifts, newest first."""
    if command.confirmed is None:
        return None
    hour = [gift for gift in gifts if gift.pledged_at > now - HOUR]
    shared = is_visitor_key(donor_key)
    if again_at := _paused_until(command, gifts, hour, limits, now):
        return Conflict("giving_paused", again_at=again_at, hour_count=len(hour), contact_would_help=shared)
    reasons = []
    if command.amount_minor > limits.ask_gift_minor:
        reasons.append("large_gift")
    if len(hour) >= limits.ask_hour_count:
        reasons.append("many_gifts")
    if not reasons or command.confirmed:
        return None
    return Conflict(
        "giving_unusual",
        reasons=reasons,
        amount_minor=command.amount_minor,
        hour_count=len(hour),
        hour_minor=sum(gift.amount_minor for gift in hour),
        contact_would_help=shared and "many_gifts" in reasons,
        confirm={"confirmed": True},
    )


def _paused_until(
    command: CreateDonation, gifts: Sequence[Gift], hour: Sequence[Gift], limits: DonationLimits, now: datetime
) -> datetime | None:
    """Return when the donor may give again, by the later of both limits, or None. The daily sum does not limit the
    first gift of a day."""
    until = []
    if len(hour) >= limits.pause_hour_count:
        until.append(hour[limits.pause_hour_count - 1].pledged_at + HOUR)
    midnight = datetime.combine(local_day(now), datetime.min.time(), SHANGHAI)
    today_minor = sum(gift.amount_minor for gift in gifts if gift.pledged_at >= midnight)
    if today_minor and today_minor + command.amount_minor > limits.donor_day_most_minor:
        until.append(midnight + timedelta(days=1))
    return _whole_minute(max(until)) if until else None


def _whole_minute(moment: datetime) -> datetime:
    """Return the next whole minute. Pages show no seconds, and a donor who returns at the shown time must be
    admitted."""
    return moment + timedelta(minutes=1) - timedelta(seconds=moment.second, microseconds=moment.microsecond)
