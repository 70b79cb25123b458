"""The state of a donation's match as its page words it and as the emblem's right half shows it. The same before
paying, after it, and when nothing was paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.web.outlook import outlook
from campaigns.disclosure.campaigns import CampaignView
from campaigns.disclosure.offered import is_offered
from campaigns.disclosure.totals import PotView
from campaigns.donations.explain import Explanation
from campaigns.donations.states import WAITING, Status
from campaigns.donations.view import DonationView
from campaigns.screening.cases import OwnCase

_UNANSWERED = "payment_unanswered"  # the provider reported until the end that the payment was under way


@dataclass(frozen=True, slots=True)
class MatchState:
    """The state of a donation's match. `face`: held (reserved), part (a cap or a balance reduced it), drawn
    (after the payment), later (more match opens `at`), shut (match hours begin `at`), none, on_the_way (a
    payment is in flight), review, final, re_offered (freed match is offered to it after the end), returned (all
    of it was refunded), disputed (a bank decides about the payment), lapsed (nothing was paid), no_pots (its
    campaign has none, so its page says nothing of match). `amount_minor`: the match concerned, in fen,
    `by_draw` if a draw decided it; `case`: under review."""

    face: str
    amount_minor: int = 0
    at: datetime | None = None
    case: OwnCase | None = None
    by_draw: bool = False

    @property
    def right(self) -> str:
        """The state in which the emblem's right half is drawn."""
        by_face = {"review": "review", "drawn": "drawn", "final": "final", "on_the_way": "reserved"}
        return by_face.get(self.face, "reserved" if self.face in ("held", "part", "disputed") else "none")

    @property
    def moves(self) -> bool:
        """Whether the page should poll for changes."""
        return self.face not in ("none", "lapsed", "no_pots", "returned")


def match_state(
    donation: DonationView,
    campaign: CampaignView,
    pots: Sequence[PotView],
    explanation: Explanation,
    case: OwnCase | None,
    *,
    in_flight: bool,
) -> MatchState:
    """Return the state. `pots`: those that serve the project; `in_flight`: a payment is under way."""
    if donation.status in WAITING:
        return _unpaid(donation, campaign, pots, explanation, in_flight)
    if donation.paid_at is None:
        unanswered = bool(explanation.history) and explanation.history[-1].cause == _UNANSWERED
        return MatchState("on_the_way") if unanswered or in_flight else MatchState("lapsed")
    if donation.status == Status.DISPUTED and not _without_pots(pots, explanation):
        return MatchState("disputed", donation.captured_minor)
    if donation.held_minor:
        return MatchState("review", donation.held_minor, case=case)
    if donation.captured_minor:
        return MatchState("final", donation.captured_minor, by_draw=_by_draw(donation, explanation))
    if _without_pots(pots, explanation):
        return MatchState("no_pots")
    if donation.status == Status.REFUNDED:
        return MatchState("returned")
    again = is_offered(donation, campaign.phase, served=bool(pots))
    return MatchState("re_offered" if again else "none")


def _unpaid(
    donation: DonationView,
    campaign: CampaignView,
    pots: Sequence[PotView],
    explanation: Explanation,
    in_flight: bool,
) -> MatchState:
    reserved_minor = donation.reserved_minor
    if in_flight:
        return MatchState("on_the_way", reserved_minor)
    now = outlook(campaign, pots)
    if reserved_minor:
        whole = reserved_minor >= donation.amount_minor or not _was_cut(explanation)
        return MatchState("held" if whole else "part", reserved_minor, now.at)
    if campaign.window_open and any(pot.mode == "payment" and pot.available_minor for pot in pots):
        return MatchState("drawn")
    if _without_pots(pots, explanation):
        return MatchState("no_pots")
    if now.at:
        return MatchState("shut" if now.state == "shut" else "later", at=now.at)
    return MatchState("none")


def _without_pots(pots: Sequence[PotView], explanation: Explanation) -> bool:
    """Return whether the campaign had no pot when match was decided, and none serves the project now."""
    return not pots and not any(decision.pots for decision in explanation.decisions)


def _by_draw(donation: DonationView, explanation: Explanation) -> bool:
    """Whether a random pot gave some of the match."""
    drawing = {
        pot.pot_id for decision in explanation.decisions for pot in decision.pots if pot.least_bps is not None
    }
    return any(part.state == "captured" and part.pot_id in drawing for part in donation.parts)


def _was_cut(explanation: Explanation) -> bool:
    """Whether a cap or a balance reduced the match. A pot that matches 1:0.5 gives half, and that is all of it."""
    return any(pot.cuts for decision in explanation.decisions for pot in decision.pots)
