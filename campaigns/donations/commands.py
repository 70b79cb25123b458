"""The command to create a donation, and the checks that may refuse it. Nothing is written here."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from campaigns.dependencies import DonationLimits
from campaigns.donations.donors import contact
from campaigns.donations.donors.contact import Donor
from campaigns.donations.donors.person_models import AgeBand
from campaigns.donations.donors.tribute import Tribute, tribute_faults
from campaigns.lifecycle.campaign import SharedCampaign
from campaigns.lifecycle.phases import Phase
from kernel.errors import Conflict, Fault, Invalid, fault
from kernel.ids import PARTNERS_ID_VERSION, fingerprint
from kernel.money import CURRENCY
from matching.reserve import PlannedMatch


class Replaced(NamedTuple):
    """An unpaid donation that a new one replaces. Without its token, it must come from the same browser."""

    id: UUID
    token: str = ""


@dataclass(frozen=True, slots=True)
class CreateDonation:
    """A donor's request to donate. The client generates the id; `amount_minor` is in fen."""

    id: UUID
    campaign: str
    project: int
    amount_minor: int
    currency: str = CURRENCY
    donor: Donor = field(default_factory=Donor)
    message: str = ""
    team: str = ""
    channel: str = "web"
    source_code: str = ""
    accept_unmatched: bool = False
    # The donor's answer to `giving_unusual`; a request with another answer is still the same request. None: the
    # client program does not know this question, so its donors are neither asked nor paused.
    confirmed: bool | None = None
    payment_flow: Literal["redirect", "intent"] = "redirect"
    visitor: str | None = None  # the browser's signed cookie; not part of the request
    # The client's address (IPv6: the /64). None for requests that do not come from outside, which no limit on
    # unpaid donations counts. `network_tells`: whether the address distinguishes visitors.
    network: str | None = None
    network_tells: bool = False
    locale: Literal["zh", "en"] = "zh"
    replaces: tuple[Replaced, ...] = ()
    tribute: Tribute | None = None
    age: str = ""  # an AgeBand if the donor declares to be under age
    guardian: bool = False  # whether their guardian agrees

    def body_hash(self) -> str:
        """Return a hash that distinguishes a repeated request from another request with the same id."""
        return fingerprint(
            [
                self.campaign,
                self.project,
                self.amount_minor,
                self.currency,
                self.donor.contact(),
                self.donor.anonymous,
                self.donor.publish_name,
                self.message,
                self.team,
                self.channel,
                self.source_code,
                self.accept_unmatched,
                self.payment_flow,
                # Left out when empty, so that the hashes of earlier requests do not change.
                *([sorted(str(replaced.id) for replaced in self.replaces)] if self.replaces else []),
                *([list(self.tribute)] if self.tribute else []),
                *([[self.age, self.guardian]] if self.age else []),
            ]
        )


def command_fault(command: CreateDonation, campaign: SharedCampaign, limits: DonationLimits) -> Invalid | None:
    """Return the first fault of the command itself: `donation_id_reserved`, `currency_unknown`, `donor_invalid`,
    `tribute_invalid`, `minor_invalid` or `amount_invalid`."""
    if command.id.version == PARTNERS_ID_VERSION:
        return Invalid("donation_id_reserved", fields={"id": fault("name_based")})
    if command.currency != campaign.currency:
        return Invalid(
            "currency_unknown", fields={"currency": fault("currency_unsupported", currency=campaign.currency)}
        )
    if faults := contact.contact_faults(command.donor):
        return Invalid("donor_invalid", fields=faults)
    if command.tribute and (faults := tribute_faults(command.tribute)):
        return Invalid("tribute_invalid", fields=faults)
    if command.age and (refusal := minor_fault(command, limits)):
        return refusal
    return amount_fault(command.amount_minor, limits)


def minor_fault(command: CreateDonation, limits: DonationLimits) -> Invalid | None:
    """Return `minor_invalid` for a gift of a donor under age if the age band is unknown, the guardian's consent is
    missing, the name would be published, or the amount exceeds the limit for minors."""
    faults: dict[str, Fault] = {}
    if command.age not in tuple(AgeBand):
        faults["age"] = fault("not_one_of", options=list(AgeBand))
    if not command.guardian:
        faults["guardian"] = fault("guardian_required")
    if command.donor.publishes:
        faults["donor.publish_name"] = fault("minor_named")
    if command.amount_minor > limits.minor_most_minor:
        faults["amount_minor"] = fault("amount_too_large", most_minor=limits.minor_most_minor)
    return Invalid("minor_invalid", fields=faults) if faults else None


def amount_fault(amount_minor: int, limits: DonationLimits) -> Invalid | None:
    """Return `amount_invalid` for an amount (fen) outside the donation limits."""
    if limits.minimum_minor <= amount_minor <= limits.maximum_minor:
        return None
    return Invalid(
        "amount_invalid",
        fields={
            "amount_minor": fault(
                "amount_out_of_range", least_minor=limits.minimum_minor, most_minor=limits.maximum_minor
            )
        },
        minimum_minor=limits.minimum_minor,
        maximum_minor=limits.maximum_minor,
    )


def campaign_closed(campaign: SharedCampaign, now: datetime) -> Conflict | None:
    """Return `campaign_not_open` or `listing_withdrawn` unless the campaign takes donations now. Its times decide,
    not the scheduler, so that donors need not wait for the job that opens the campaign."""
    if campaign.withdrawn_reason:
        return Conflict("listing_withdrawn", reason=campaign.withdrawn_reason)
    if campaign.phase in (Phase.SCHEDULED, Phase.OPEN) and campaign.opens_at <= now < campaign.ends_at:
        return None
    return Conflict(
        "campaign_not_open",
        opens_at=campaign.opens_at,
        ends_at=campaign.ends_at,
    )


def match_short(plan: PlannedMatch) -> Conflict:
    """Return `match_short`: the pots have less than their rules would give. The donor decides; nothing is reserved
    yet."""
    pots = [
        {
            "pot": part.pot_id,
            "available_minor": max(part.before_minor, 0),
            "would_give_minor": part.given_minor,
        }
        for part in plan.allocation.evaluations
    ]
    return Conflict(
        "match_short",
        pots=pots,
        match_minor=plan.allocation.matched_minor,
    )
