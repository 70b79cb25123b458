"""Reviewers' decisions about match on hold. Each records a name and a reason; no case is decided automatically."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlmodel import select

from campaigns.audit import record_audit
from campaigns.donations.letters.letter_models import LetterKind
from campaigns.donations.letters.letters import NewLetter, queue_letters
from campaigns.donations.models import Donation
from campaigns.lifecycle.campaign import SharedCampaign, lock_shared
from campaigns.lifecycle.phases import LIVING, Phase
from campaigns.projects import projects, transitions
from campaigns.projects.blacklist import blacklist
from campaigns.projects.states import Status
from campaigns.reasons import require_reason
from campaigns.screening.cases import find_case
from campaigns.screening.models import ScreeningCase
from campaigns.screening.rematch import rematch
from kernel.db import Tx
from kernel.errors import Conflict
from ledger.post import Transfer, post
from matching.capture import reserved_parts
from matching.holds import clear_hold
from matching.pot_state import lock_free_accounts, pot_states
from matching.reservations import Surplus
from matching.return_match import return_surplus

Decision = Literal["released", "cancelled"]  # the states of a cleared and of a cancelled case


def clear(tx: Tx, case_id: int, reason: str, actor: str) -> ScreeningCase:
    """Clear a case: the donation is sound and its match counts again. Idempotent.

    Raises NotFound `case_unknown`, Invalid `reason_missing`, Conflict `case_decided` or `campaign_phase`.
    """
    return _decide_once(tx, case_id, "released", reason, actor)


def cancel(tx: Tx, case_id: int, reason: str, actor: str) -> ScreeningCase:
    """Cancel the match of a case. It returns to its pot while the campaign lives, later to the fund. The donation
    stays. Idempotent. Raises as `clear`."""
    return _decide_once(tx, case_id, "cancelled", reason, actor)


def suspend_project(tx: Tx, case_id: int, reason: str, actor: str) -> ScreeningCase:
    """Suspend the project of a case, which remains undecided. Idempotent.

    Raises NotFound `case_unknown`, Invalid `reason_missing`, Conflict `project_state`.
    """
    require_reason(reason)
    case = find_case(tx, case_id)
    if case.suspended_at is not None:
        return case
    project_id = _project_of(tx, case)
    # Suspend before locking the case, because this locks the project and then its campaigns.
    if projects.find(tx, project_id).status != Status.SUSPENDED:
        transitions.suspend(tx, project_id, reason, actor)
    case = find_case(tx, case_id, lock=True)
    case.suspended_at, case.suspended_by = tx.now, actor
    record_audit(tx, actor, "case.suspend_project", f"case:{case_id}", project=project_id, reason=reason)
    return tx.add(case)


def blacklist_project(
    tx: Tx, case_id: int, reason: str, actor: str, until: datetime | None = None
) -> ScreeningCase:
    """Put the project of a case on the blacklist, until a time or without an end. Idempotent.

    The case remains undecided. A project that is already listed keeps its listing. Raises NotFound `case_unknown`,
    Invalid `reason_missing` or `term_invalid`, Conflict `project_state`.
    """
    require_reason(reason)
    case = find_case(tx, case_id)
    if case.blacklisted_at is not None:
        return case
    project_id = _project_of(tx, case)
    if projects.find(tx, project_id).status != Status.BLACKLISTED:
        blacklist(tx, project_id, reason.replace("\r", "").replace("\n", " "), actor, until)
    case = find_case(tx, case_id, lock=True)
    case.blacklisted_at, case.blacklisted_by = tx.now, actor
    record_audit(tx, actor, "case.blacklist_project", f"case:{case_id}", project=project_id, reason=reason)
    return tx.add(case)


def _project_of(tx: Tx, case: ScreeningCase) -> int:
    project_id = tx.first(select(Donation.project_id).where(Donation.id == case.donation_id))
    assert project_id is not None
    return project_id


def lock_case(tx: Tx, case_id: int) -> tuple[ScreeningCase, SharedCampaign]:
    """Lock campaign (shared), donation and case, in the global lock order. Raises NotFound `case_unknown`."""
    case = find_case(tx, case_id)
    campaign = lock_shared(tx, ids=[case.campaign_id])[0]
    tx.rows("SELECT id FROM donation WHERE id = :id FOR UPDATE /* lock:donations */", id=case.donation_id)
    return find_case(tx, case_id, lock=True), campaign


def set_state(
    tx: Tx, case: ScreeningCase, campaign: SharedCampaign, decision: Decision, reason: str, actor: str
) -> ScreeningCase:
    """Decide a locked case and move its match. Raises Conflict `campaign_phase` once match has been disbursed."""
    post(tx, decided(tx, case, campaign, decision, reason, actor))
    return case


def decided(
    tx: Tx, case: ScreeningCase, campaign: SharedCampaign, decision: Decision, reason: str, actor: str
) -> list[Transfer]:
    """Decide a locked case; return the transfers of its match for the caller to post. Raises as `set_state`."""
    if campaign.phase in (Phase.RELEASED, Phase.ARCHIVED):
        raise Conflict("campaign_phase", phase=campaign.phase)
    assert case.id is not None
    old_state = case.state
    transfers = _cancel_match(tx, case, campaign) if decision == "cancelled" else _clear_match(tx, case, campaign)
    case.state, case.decided_at, case.actor, case.reason = decision, tx.now, actor, reason
    record_audit(
        tx,
        actor,
        f"case.{decision}",
        f"case:{case.id}",
        donation=str(case.donation_id),
        was=old_state,
        reason=reason,
    )
    tx.add(case)
    kind = LetterKind.REVIEW_CANCELLED if decision == "cancelled" else LetterKind.REVIEW_CLEARED
    queue_letters(tx, [NewLetter(case.donation_id, kind, f"{case.id} {tx.now.isoformat()}")])
    return transfers


def lock_pots_of(tx: Tx, donation_ids: Sequence[UUID], campaigns: Sequence[SharedCampaign]) -> None:
    """Lock all pots from which these donations have match, at once and in the global lock order."""
    pots = {
        pot.pot_id: pot for campaign in campaigns for pot in pot_states(tx, campaign.id, campaign.matching_version)
    }
    lock_free_accounts(tx, [pots[part.pot_id] for part in reserved_parts(tx, list(donation_ids))])


def _decide_once(tx: Tx, case_id: int, decision: Decision, reason: str, actor: str) -> ScreeningCase:
    require_reason(reason)
    case, campaign = lock_case(tx, case_id)
    if case.state == decision:
        return case
    if case.state != "open":
        raise Conflict("case_decided", state=case.state, by=case.actor, decided_at=case.decided_at)
    return set_state(tx, case, campaign, decision, reason, actor)


def _clear_match(tx: Tx, case: ScreeningCase, campaign: SharedCampaign) -> list[Transfer]:
    """End the hold of an open case. A cancelled case has no match left, so match its donation again from what is
    still free."""
    assert case.id is not None
    if case.state == "cancelled":
        return rematch(tx, case.donation_id, campaign)
    return clear_hold(tx, case.donation_id, case.id)


def _cancel_match(tx: Tx, case: ScreeningCase, campaign: SharedCampaign) -> list[Transfer]:
    pots = {pot.pot_id: pot for pot in pot_states(tx, campaign.id, campaign.matching_version)}
    parts = [
        part for part in reserved_parts(tx, [case.donation_id]) if part.state == "captured" and part.live_minor
    ]
    return return_surplus(
        tx,
        [Surplus(part, part.live_minor) for part in parts],
        pots,
        living=campaign.phase in LIVING,
        released=False,
        cause=f"screen:{case.id}",
        case_id=case.id,
    )
