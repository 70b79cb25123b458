"""Correct the project of a paid donation with its donor's consent, in new entries and by the rules of the pots.

Its match returns to the pots, which are queried again for the new project before any other donation. Match that
they do not give again returns to their funds if the campaign has passed settling (ADR 37).
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlmodel import select

from campaigns.audit import record_audit
from campaigns.closing.disburse import return_to_funds
from campaigns.closing.reoffer import reoffer
from campaigns.donations.correction_models import ConsentBy, ProjectCorrection
from campaigns.donations.corrections import corrections_of
from campaigns.donations.donors.person_models import PublicWords
from campaigns.donations.letters.letter_models import LetterKind
from campaigns.donations.letters.letters import NewLetter, queue_letters
from campaigns.donations.models import Donation, Refund, RefundRequestState
from campaigns.donations.states import Status
from campaigns.lifecycle.campaign import lock_campaign_by_id
from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.lifecycle.phases import LIVING, Phase
from campaigns.projects.projects import find as find_project
from campaigns.projects.states import HELD
from campaigns.reasons import require_one_line_reason
from campaigns.screening.counting import count_elsewhere
from campaigns.screening.screen import lock_mark
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from ledger.chart import donations as donations_account
from ledger.kinds import TransferKind
from ledger.order import draw_place
from ledger.post import Transfer, post
from matching.capture import reserved_parts
from matching.pot_state import load_pot_states
from matching.reservations import ReservedPart, Surplus
from matching.return_match import return_surplus

# In later phases the money is divided and paid out; a change of purpose is possible then
# (`campaigns.payouts.purpose`).
CORRECTABLE = (Phase.OPEN, Phase.ENDED, Phase.SETTLING, Phase.RECONCILING, Phase.NOTICE)
_COUNTING = (Status.PAID, Status.SETTLED)


class Agreed(NamedTuple):
    """The new project of a donation, and how and on which day its donor agreed to it."""

    project: int
    consent: str
    consented_on: date

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """Parse the arguments of a request, whose day is text."""
        day = date.fromisoformat(arguments["consented_on"])
        return cls(arguments["project"], arguments["consent"], day)


def correct_project(tx: Tx, donation_id: UUID, agreed: Agreed, reason: str, actor: str) -> ProjectCorrection:
    """Let a paid donation count for another project of its campaign. Posts to the ledger.

    Raises NotFound `donation_unknown` and `project_unknown`, Invalid `correction_invalid` and `reason_invalid`,
    Conflict `donation_not_counted`, `campaign_phase`, `case_open` while a reviewer decides about its match,
    `refund_pending`, `project_not_entered` and `project_state`.
    """
    require_one_line_reason(reason)
    lock_mark(tx)  # before campaigns and donations, as in screening
    campaign, donation = _lock(tx, donation_id)
    _require_correctable(tx, campaign, donation)
    if faults := _faults(tx, donation, agreed):
        raise Invalid("correction_invalid", fields=faults)
    _require_project(tx, campaign, agreed.project)
    parts = [part for part in reserved_parts(tx, [donation_id]) if part.live_minor]
    if any(part.held for part in parts):
        raise Conflict("case_open")
    return _correct(tx, campaign, donation, parts, agreed, reason, actor)


def _lock(tx: Tx, donation_id: UUID) -> tuple[Campaign, Donation]:
    donation = tx.get(Donation, donation_id)
    if donation is None:
        raise NotFound("donation_unknown")
    campaign = lock_campaign_by_id(tx, donation.campaign_id)
    locked = tx.get(Donation, donation_id, lock=True)
    assert locked is not None
    return campaign, locked


def _require_correctable(tx: Tx, campaign: Campaign, donation: Donation) -> None:
    if donation.status not in _COUNTING:
        raise Conflict("donation_not_counted", status=donation.status)
    if campaign.phase not in CORRECTABLE:
        raise Conflict("campaign_phase", phase=campaign.phase)
    unsent = select(Refund).where(Refund.donation_id == donation.id, Refund.state == RefundRequestState.REQUESTED)
    if tx.first(unsent) is not None:
        raise Conflict("refund_pending")


def _require_project(tx: Tx, campaign: Campaign, project_id: int) -> None:
    project = find_project(tx, project_id)
    if tx.get(CampaignEntry, (campaign.id, project_id)) is None:
        raise Conflict("project_not_entered")
    if project.status in HELD:
        raise Conflict("project_state", status=project.status)


def _faults(tx: Tx, donation: Donation, agreed: Agreed) -> Mapping[str, Fault]:
    faults: dict[str, Fault] = {}
    if agreed.project == donation.project_id:
        faults["project"] = fault("same_project")
    if agreed.consent not in set(ConsentBy):
        faults["consent"] = fault("not_one_of", options=tuple(ConsentBy))
    if agreed.consented_on > local_day(tx.now):
        faults["consented_on"] = fault("in_the_future")
    elif agreed.consented_on < local_day(donation.pledged_at):
        faults["consented_on"] = fault("before_donation")
    return faults


def _correct(
    tx: Tx,
    campaign: Campaign,
    donation: Donation,
    parts: list[ReservedPart],
    agreed: Agreed,
    reason: str,
    actor: str,
) -> ProjectCorrection:
    """Move the donation and its match. The campaign is locked exclusively, so no other transaction posts to its
    accounts and this may post more than once."""
    assert donation.id is not None
    number = len(corrections_of(tx, donation.id)) + 1
    row = ProjectCorrection(
        donation_id=donation.id,
        number=number,
        from_project_id=donation.project_id,
        to_project_id=agreed.project,
        amount_minor=donation.amount_minor - donation.refunded_minor,
        match_before_minor=sum(part.live_minor for part in parts),
        match_after_minor=0,
        consent=agreed.consent,
        consented_on=agreed.consented_on,
        reason=reason,
        actor=actor,
        corrected_at=tx.now,
    )
    post(tx, [*_take_back(tx, campaign, parts, number), _move_transfer(donation, row)])
    with count_elsewhere(tx, donation.id):
        donation.project_id = agreed.project
        tx.add(donation)
        tx.session.flush()
    # Its position in the order of the books is between the match taken back and the match offered now.
    row.position = draw_place(tx)
    reoffer(tx, campaign, restoring=[donation.id], cause="corrected")
    given_again = _by_pot(reserved_parts(tx, [donation.id]))
    row.match_after_minor = given_again.total()
    if campaign.phase not in LIVING:  # no donation is offered match any more, so none may get the rest
        post(tx, return_to_funds(tx, campaign, _by_pot(parts) - given_again))
    tx.add(row)
    _let_words_follow(tx, row)
    _record(tx, row, actor)
    return row


def _by_pot(parts: list[ReservedPart]) -> Counter[int]:
    """Return the live match of each pot, in fen."""
    amounts: Counter[int] = Counter()
    for part in parts:
        amounts[part.pot_id] += part.live_minor
    return amounts


def _take_back(tx: Tx, campaign: Campaign, parts: list[ReservedPart], number: int) -> list[Transfer]:
    """Return the transfers that give all live match of the donation back to its pots."""
    assert campaign.id is not None
    return return_surplus(
        tx,
        [Surplus(part, part.live_minor) for part in parts],
        {pot.pot_id: pot for pot in load_pot_states(tx, [campaign.id])},
        living=True,
        released=False,
        cause=f"corrected:{number}",
    )


def _move_transfer(donation: Donation, row: ProjectCorrection) -> Transfer:
    source, target = (
        donations_account(donation.campaign_id, project_id, donation.currency)
        for project_id in (row.from_project_id, row.to_project_id)
    )
    key = f"donation:{donation.id}:corrected:{row.number}"
    return Transfer(key, source, target, row.amount_minor, TransferKind.DONATION_MOVED, donation.id)


def _let_words_follow(tx: Tx, row: ProjectCorrection) -> None:
    words = tx.first(select(PublicWords).where(PublicWords.donation_id == row.donation_id))
    if words is not None:
        words.project_id = row.to_project_id
        tx.add(words)


def _record(tx: Tx, row: ProjectCorrection, actor: str) -> None:
    record_audit(
        tx,
        actor,
        "donation.correct_project",
        f"donation:{row.donation_id}",
        amount_minor=row.amount_minor,
        consent=row.consent,
        consented_on=row.consented_on.isoformat(),
        reason=row.reason,
        before={"project": row.from_project_id, "match_minor": row.match_before_minor},
        after={"project": row.to_project_id, "match_minor": row.match_after_minor},
    )
    queue_letters(tx, [NewLetter(row.donation_id, LetterKind.CORRECTED, str(row.number))])
