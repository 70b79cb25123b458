"""Which of a partner's donations are taken in without an operator: limits per donation, and per day by sum and
number.

A day is the day in Shanghai on which we take the donations in, so that no date inside a message widens a limit.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from campaigns.audit import changed, record_audit
from campaigns.dependencies import Dependencies, DonationLimits
from kernel.bulk import unnest
from kernel.clock import local_day
from kernel.db import Tx
from payments.inbox.inbox import InboxMessage
from payments.models import Partner, PartnerDay, PartnerState
from payments.partners import partners
from payments.partners.partner_events import OFFLINE, PartnerFact
from payments.partners.partner_secrets import BOOKED

ABOVE_LIMIT = "above_limit"


class PartnerLimits(NamedTuple):
    """The most that is taken in without an operator; amounts in fen, the age of a payment in days."""

    gift_most_minor: int
    day_most_minor: int
    day_most_count: int
    age_most_days: int


class Terms(NamedTuple):
    """What holds for the events of a platform: whether they wait because it is paused, and its limits."""

    paused: bool
    limits: PartnerLimits


class _Stored(NamedTuple):
    name: str
    state: str
    gift_most_minor: int | None
    day_most_minor: int | None
    day_most_count: int | None
    age_most_days: int | None


def gift_most(limits: PartnerLimits, fact: PartnerFact, minor_most_minor: int) -> int:
    """Return the most (fen) of a payment. That of a donor under age has a lower limit, as on our pages."""
    return min(limits.gift_most_minor, minor_most_minor) if fact.details.age else limits.gift_most_minor


class LimitsMet(Exception):
    """Batches of one partner together exceeded its daily limit. Process this batch again."""


def change_limits(tx: Tx, name: str, limits: Mapping[str, Any], actor: str) -> Partner:
    """Set a platform's limits (see `payments.partners.partners.set_limits`) and record the previous ones.

    Raises NotFound `partner_unknown`.
    """
    before = partners.known(tx, name).model_dump(include={*partners.LIMITS, "projects"})
    partner = partners.set_limits(tx, name, limits)
    after = partner.model_dump(include={*partners.LIMITS, "projects"})
    if before != after:
        record_audit(tx, actor, "partner.limits", f"partner:{name}", **changed(before, after))
    return partner


def is_widened(tx: Tx, deps: Dependencies, name: str, limits: Mapping[str, Any]) -> bool:
    """Return whether a change of limits lets a booked platform bring in more money, or raise it for more projects.

    Raises NotFound `partner_unknown`.
    """
    partner = partners.known(tx, name)
    if partner.state not in BOOKED:
        return False
    after = Partner(**{**partner.model_dump(), **limits})
    raised = zip(_limits(deps, after), _limits(deps, partner), strict=True)
    return _has_more(after.projects, partner.projects) or any(new > old for new, old in raised)


def _has_more(after: Collection[str] | None, before: Collection[str] | None) -> bool:
    """Return whether projects (None: any) include one that they did not include before."""
    return before is not None and (after is None or not set(after) <= set(before))


class _Taken(NamedTuple):
    """What was taken in from a partner on a day; fen."""

    amount_minor: int = 0
    donations: int = 0


_NOTHING = _Taken()


@dataclass(slots=True)
class Allowance:
    """What partners may still bring in today. `fits` counts the donations that it lets pass among those `taken`;
    `write` stores by how much they are more than those `stored`."""

    day: date
    limits: dict[str, PartnerLimits]
    stored: Mapping[str, _Taken]
    taken: dict[str, _Taken]
    minor_most_minor: int = DonationLimits.minor_most_minor  # of a donor under age
    beyond: bool = False  # an operator let a donation pass above a limit

    def fits(self, message: InboxMessage, fact: PartnerFact) -> bool:
        """Return whether a donation is within its partner's limits or confirmed by an operator; if so, count it."""
        partner, amount_minor = fact.partner, fact.amount_minor
        limits, before = self.limits[partner], self.taken.get(partner, _NOTHING)
        after = _Taken(before.amount_minor + amount_minor, before.donations + 1)
        within = (
            amount_minor <= gift_most(limits, fact, self.minor_most_minor)
            and after.amount_minor <= limits.day_most_minor
            and after.donations <= limits.day_most_count
            # Compare with the time of receipt: waiting here for an operator does not make a payment late.
            and fact.occurred_at >= message.received_at - timedelta(days=limits.age_most_days)
        )
        if not within and not message.confirmed:
            return False
        self.taken[partner] = after
        self.beyond |= not within
        return True

    def today(self, partner: str) -> dict[str, int]:
        """Return the sum (fen) and number of donations taken in from a partner today."""
        taken = self.taken.get(partner, _NOTHING)
        return {"today_minor": taken.amount_minor, "today_count": taken.donations}

    def take_back(self, fact: PartnerFact) -> None:
        """Uncount a donation that another worker has taken in."""
        taken = self.taken[fact.partner]
        self.taken[fact.partner] = _Taken(taken.amount_minor - fact.amount_minor, taken.donations - 1)

    def write(self, tx: Tx) -> None:
        """Store the counts. Rows are locked in the order of their names.

        Raises LimitsMet if other batches meanwhile took in so much that this one exceeds a limit.
        """
        added = {
            name: _Taken(taken.amount_minor - before.amount_minor, taken.donations - before.donations)
            for name, taken in self.taken.items()
            if taken != (before := self.stored.get(name, _NOTHING))
        }
        names = sorted(added)
        if not names:
            return
        rows = tx.rows(
            f"""INSERT INTO partner_day AS d (partner, day, amount_minor, donations)
                SELECT partner, CAST(:day AS date), amount_minor, donations
                  FROM {unnest(PartnerDay, "partner", "amount_minor", "donations")} ORDER BY partner
                ON CONFLICT (partner, day) DO UPDATE
                   SET amount_minor = d.amount_minor + excluded.amount_minor,
                       donations = d.donations + excluded.donations
                RETURNING partner, amount_minor, donations""",
            day=self.day,
            partner=names,
            amount_minor=[added[name].amount_minor for name in names],
            donations=[added[name].donations for name in names],
        )
        if not self.beyond and not all(self._is_within(row) for row in rows):
            raise LimitsMet

    def _is_within(self, row: Any) -> bool:
        limits = self.limits[row.partner]
        return bool(row.amount_minor <= limits.day_most_minor and row.donations <= limits.day_most_count)


def terms_of(tx: Tx, deps: Dependencies, partners: Collection[str]) -> dict[str, Terms]:
    """Return what holds for these partners, with the installation's defaults for limits of which they have no own.
    `offline` has a row too."""
    if not partners:
        return {}
    rows = tx.rows_as(
        _Stored,
        f"SELECT {', '.join(_Stored._fields)} FROM partner WHERE name = ANY(:partners)",
        partners=sorted(partners),
    )
    own = {row.name: row for row in rows}
    paused = {row.name for row in rows if row.state == PartnerState.PAUSED}
    return {name: Terms(name in paused, _limits(deps, own.get(name))) for name in partners}


def _limits(deps: Dependencies, partner: Partner | _Stored | None) -> PartnerLimits:
    defaults = deps.limits
    chosen = (
        tuple(getattr(partner, column) for column in partners.LIMITS) if partner else (None,) * len(partners.LIMITS)
    )
    standard = (
        defaults.partner_gift_most_minor,
        defaults.partner_day_most_minor,
        defaults.partner_day_most_count,
        defaults.partner_age_most_days,
    )
    return PartnerLimits(*(least if own is None else own for own, least in zip(chosen, standard, strict=True)))


def allowance(tx: Tx, deps: Dependencies, terms: Mapping[str, Terms]) -> Allowance:
    """Return what partners with these terms may still bring in today."""
    day = local_day(tx.now)
    rows = tx.rows(
        "SELECT partner, amount_minor, donations FROM partner_day WHERE day = :day AND partner = ANY(:partners)",
        day=day,
        partners=sorted(terms),
    )
    taken = {row.partner: _Taken(row.amount_minor, row.donations) for row in rows}
    limits = {name: own.limits for name, own in terms.items()}
    return Allowance(day, limits, taken, dict(taken), minor_most_minor=deps.limits.minor_most_minor)


def is_limited(partner: str) -> bool:
    """Return whether the limits apply on intake. Offline files are checked by their import before they are
    stored."""
    return partner != OFFLINE
