"""Limit how much match may be reserved for unpaid donations, so that no stranger empties a pot without paying.

Limits count by pot and by origin: the contact, the browser, the address of donors without either, and the address
of all donors. They are computed from the rows while the pots are locked and therefore exact; see
docs/adr/0024-strangers.md.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from campaigns.dependencies import DonationLimits
from campaigns.donations.commands import CreateDonation
from campaigns.donations.donors import contact
from campaigns.donations.donors.identity import is_contact_key, is_own_key
from campaigns.donations.unpaid.unusual import Gift
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.keys import Keys
from kernel.money import BPS_WHOLE, share
from ledger.chart import AccountKind
from ledger.statements import pot_balances
from matching.allocate import Allocation
from matching.capture import reserved_parts
from matching.pot_state import load_pot_states
from matching.requests import ReservationRequest
from matching.reserve import LockedPots, PlannedMatch

ADDRESS = "address"


class Origin(NamedTuple):
    """The origin that an unpaid donation counts for. `by` is contact, device, anonymous (an address, without
    contact and browser) or address."""

    by: str
    key: str


class Reserved(NamedTuple):
    """How much of one pot is reserved for the unpaid donations of an origin, in fen, and for how many donations."""

    donations: int = 0
    reserved_minor: int = 0


class Exceeded(NamedTuple):
    """The limit that a donation would exceed. `most_minor` (fen) is by pot; `too_many`: the limit on their
    number."""

    origin: Origin
    too_many: bool
    reserved: Mapping[int, Reserved]
    most_minor: Mapping[int, int]

    def refusal(self, limits: DonationLimits) -> Conflict:
        """Return `too_many_unpaid`, or `unpaid_match_limit`, after which the donor may give without match."""
        if self.final:
            donations = max(reserved.donations for reserved in self.reserved.values())
            return Conflict(
                "too_many_unpaid", by=self.origin.by, donations=donations, most=limits.unpaid_most_count
            )
        pots = [
            {"pot": pot_id, "reserved_minor": reserved.reserved_minor, "most_minor": self.most_minor[pot_id]}
            for pot_id, reserved in self.reserved.items()
        ]
        return Conflict("unpaid_match_limit", by=self.origin.by, pots=pots, confirm={"accept_unmatched": True})

    @property
    def final(self) -> bool:
        """Whether the donation is refused even without match. Its donor can pay or cancel their earlier donations;
        a donor who only shares an address cannot."""
        return self.too_many and self.origin.by != ADDRESS


class UnpaidReservations:
    """The unpaid reservations of a batch's origins in the locked pots. Donations of the batch count once
    admitted."""

    def __init__(self, keys: Keys, limits: DonationLimits, locked: LockedPots) -> None:
        self._keys = keys
        self._limits = limits
        self._pots = {pot.pot_id: pot for states in locked.candidates.values() for pot in states}
        self._open: dict[int, int] = {}
        self._origins: dict[UUID, Sequence[Origin]] = {}
        self._reserved: dict[tuple[Origin, int], Reserved] = {}
        self.exceeded: dict[UUID, Exceeded] = {}

    def load(
        self,
        tx: Tx,
        commands: Iterable[CreateDonation],
        donors: Mapping[UUID, str],
        gifts: Mapping[str, Sequence[Gift]],
    ) -> None:
        """Load the reservations of these commands' origins. Call it while the pots are locked, after
        `load_gifts`."""
        now = tx.now
        self._open = {pot_id: pot.funded_minor() - pot.closed_minor(now) for pot_id, pot in self._pots.items()}
        if not self._limits.unpaid_limits:
            return
        for command in commands:
            self._origins[command.id] = _origins(self._keys, command, donors[command.id])
        for origin in {origin for origins in self._origins.values() for origin in origins}:
            for gift in gifts.get(origin.key, ()):
                for pot_id, minor in gift.reserved.items():
                    self._add(origin, pot_id, 1, minor)
        self._load_origins(tx)

    def _load_origins(self, tx: Tx) -> None:
        """Add the reservations from browsers and addresses."""
        origins_of: dict[str, set[Origin]] = defaultdict(set)
        for origin in {origin for origins in self._origins.values() for origin in origins}:
            for key in _stored_keys(self._keys, origin):
                origins_of[key].add(origin)
        if not origins_of:
            return
        # Rows beyond the limit of an address need not be counted; each donation may have a part of each pot.
        most = (self._limits.address_unpaid_most_count + 1) * len(self._pots)
        for row in tx.rows(_RESERVED, keys=sorted(origins_of), pots=sorted(self._pots), most=most):
            for origin in origins_of[row.key]:
                self._add(origin, row.pot_id, row.donations, row.reserved_minor)

    def _add(self, origin: Origin, pot_id: int, donations: int, minor: int) -> None:
        before = self._reserved.get((origin, pot_id), Reserved())
        self._reserved[origin, pot_id] = Reserved(before.donations + donations, before.reserved_minor + minor)

    def admits(self, request: ReservationRequest, allocation: Allocation) -> bool:
        """Count the match of a donation, unless a limit would be exceeded; `exceeded` then names it."""
        origins = self._origins.get(request.donation_id, ())
        parts = {part.pot_id: part.given_minor for part in allocation.parts}
        for origin in origins:
            if exceeded := self._exceeded(origin, parts):
                self.exceeded[request.donation_id] = exceeded
                return False
        for origin in origins:
            for pot_id, minor in parts.items():
                self._add(origin, pot_id, 1, minor)
        return True

    def _exceeded(self, origin: Origin, parts: Mapping[int, int]) -> Exceeded | None:
        limits = self._limits
        shared = origin.by == ADDRESS
        most_donations = limits.address_unpaid_most_count if shared else limits.unpaid_most_count
        reserved = {pot_id: self._reserved.get((origin, pot_id), Reserved()) for pot_id in parts}
        most = {pot_id: self._most_minor(pot_id, shared=shared) for pot_id in parts}
        if any(reserved[pot_id].donations >= most_donations for pot_id in parts):
            return Exceeded(origin, too_many=True, reserved=reserved, most_minor=most)
        if any(reserved[pot_id].reserved_minor + minor > most[pot_id] for pot_id, minor in parts.items()):
            return Exceeded(origin, too_many=False, reserved=reserved, most_minor=most)
        return None

    def _most_minor(self, pot_id: int, *, shared: bool) -> int:
        """Return how many fen of a pot one origin may reserve unpaid: a share of its open money, but never less
        than `unpaid_share_least_minor`, so that an ordinary gift gets its match."""
        limits = self._limits
        share_bps = limits.address_unpaid_share_bps if shared else limits.unpaid_share_bps
        return max(share(self._open[pot_id], share_bps), limits.unpaid_share_least_minor)

    def refusal_of(self, plan: PlannedMatch) -> Conflict | None:
        """Return why a planned donation is refused because of its origins' reservations; None if it is not, or
        accepts missing match."""
        if not plan.withheld:
            return None
        exceeded = self.exceeded[plan.request.donation_id]
        return exceeded.refusal(self._limits) if plan.refused or exceeded.final else None

    def reservation_s(self, plan: PlannedMatch) -> int:
        """Return for how many seconds match is reserved for a donation without a sign of its donor. The time is
        shorter when the donation leaves little of a pot."""
        limits = self._limits
        left = {part.pot_id: part.before_minor - part.given_minor for part in plan.allocation.parts}
        outside = plan.request.donation_id in self._origins
        if outside and any(is_contested(limits, minor, self._open[pot_id]) for pot_id, minor in left.items()):
            return limits.contested_reservation_s
        return limits.reservation_s


def is_contested(limits: DonationLimits, left_minor: int, open_minor: int) -> bool:
    """PURE. Return whether less than a certain share (`contested_bps`) of a pot's open money is left; fen."""
    return left_minor * BPS_WHOLE < open_minor * limits.contested_bps


def reserves_contested(tx: Tx, limits: DonationLimits, donation_id: UUID, campaign_id: int) -> bool:
    """Return whether a donation has match from a pot of which little is left."""
    held = {part.pot_id for part in reserved_parts(tx, [donation_id]) if part.live_minor}
    if not held or not limits.unpaid_limits:
        return False
    free = pot_balances(tx, sorted(held), [AccountKind.POT_FREE])
    for pot in load_pot_states(tx, [campaign_id]):
        if pot.pot_id in held:
            closed_minor = pot.closed_minor(tx.now)
            left_minor = free[pot.pot_id, AccountKind.POT_FREE] - closed_minor
            if is_contested(limits, left_minor, pot.funded_minor() - closed_minor):
                return True
    return False


def _origins(keys: Keys, command: CreateDonation, donor_key: str) -> tuple[Origin, ...]:
    """Return the origins that a donation counts for; none if it did not come from outside."""
    if command.network is None:
        return ()
    origins = [Origin("contact", donor_key)] if is_contact_key(donor_key) else []
    if device := contact.device_key(keys, command.visitor):
        origins.append(Origin("device", device))
    if not origins:
        origins.append(Origin("anonymous", contact.network_key(keys, command.network, anonymous=True)))
    if command.network_tells:
        origins.append(Origin(ADDRESS, command.network))
    return tuple(origins)


def stored_network(keys: Keys, command: CreateDonation, donor_key: str) -> str | None:
    """Return the key by which a donation is found by its address; None if no limit would search for it there."""
    anonymous = is_own_key(donor_key)
    if command.network is None or not (anonymous or command.network_tells):
        return None
    return contact.network_key(keys, command.network, anonymous=anonymous)


def _stored_keys(keys: Keys, origin: Origin) -> tuple[str, ...]:
    """Return the keys under which donations of a browser or address are stored; none for a contact, whose gifts are
    already loaded."""
    if origin.by == ADDRESS:
        return tuple(contact.network_key(keys, origin.key, anonymous=anonymous) for anonymous in (True, False))
    return () if origin.by == "contact" else (origin.key,)


_RESERVED = """
    SELECT u.key, h.pot_id, count(*) AS donations, CAST(sum(h.live_minor) AS bigint) AS reserved_minor
      FROM unnest(CAST(:keys AS text[])) AS u(key)
     CROSS JOIN LATERAL (
           SELECT r.pot_id, r.live_minor
             FROM (SELECT id FROM donation WHERE network_key = u.key AND status IN ('pending', 'paying')
                   UNION ALL
                   SELECT id FROM donation WHERE device_key = u.key AND status IN ('pending', 'paying')) AS d
             JOIN reservation r ON r.donation_id = d.id
            WHERE r.state = 'reserved' AND r.pot_id = ANY(:pots) LIMIT :most) AS h
     GROUP BY u.key, h.pot_id"""
