"""What people decide about held match: every decision has a name and a reason, and nothing is decided by itself."""

from datetime import datetime
from typing import Literal

from campaigns.audit import record_audit
from campaigns.lifecycle.campaign import SharedCampaign, lock_shared
from campaigns.lifecycle.phases import LIVING, Phase
from campaigns.projects import projects
from campaigns.projects.blacklist import blacklist
from campaigns.projects.states import Status
from campaigns.screening.cases import find
from campaigns.screening.models import ScreeningCase
from campaigns.screening.rematch import rematch
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from kernel.text import text_fault
from ledger.post import Transfer, post
from matching.capture import reserved_parts
from matching.holds import clear_hold
from matching.pot_state import pot_states
from matching.release import give_back
from matching.reservations import Surplus

Decision = Literal["released", "cancelled"]
MOST_REASON = 500  # characters


def release(tx: Tx, case_id: int, reason: str, actor: str) -> ScreeningCase:
    """The donation is sound: its match counts again. The same decision again changes nothing.

    Raises NotFound `case_unknown`, Invalid `reason_missing`, Conflict `case_decided` or `campaign_phase`.
    """
    return _decide_once(tx, case_id, "released", reason, actor)


def cancel(tx: Tx, case_id: int, reason: str, actor: str) -> ScreeningCase:
    """The match is taken back, to its pot while the campaign lives, else to the fund; the donation stays.

    Raises as `release`.
    """
    return _decide_once(tx, case_id, "cancelled", reason, actor)


def suspend_project(tx: Tx, case_id: int, reason: str, actor: str) -> ScreeningCase:
    """Stop the project of a case; the case itself stays to be decided. Again without effect.

    Raises NotFound `case_unknown`, Invalid `reason_missing`, Conflict `project_state`.
    """
    must_say(reason)
    if find(tx, case_id).suspended_at is not None:
        return find(tx, case_id)
    project_id = _project_of(tx, case_id)
    # Before the case is locked: this locks the project and then its campaigns.
    if projects.find(tx, project_id).status != Status.SUSPENDED:
        projects.suspend(tx, project_id, reason, actor)
    case = find(tx, case_id, lock=True)
    case.suspended_at, case.suspended_by = tx.now, actor
    record_audit(tx, actor, "case.suspend_project", f"case:{case_id}", project=project_id, reason=reason)
    return tx.add(case)


def blacklist_project(
    tx: Tx, case_id: int, reason: str, actor: str, until: datetime | None = None
) -> ScreeningCase:
    """Put the project of a case on the blacklist, until a time or without an end; the case itself stays to be
    decided. Again without effect, and a project that is listed already keeps its listing.

    Raises NotFound `case_unknown`, Invalid `reason_missing` or `term_invalid`, Conflict `project_state`.
    """
    must_say(reason)
    if find(tx, case_id).blacklisted_at is not None:
        return find(tx, case_id)
    project_id = _project_of(tx, case_id)
    if projects.find(tx, project_id).status != Status.BLACKLISTED:
        blacklist(tx, project_id, reason.replace("\r", "").replace("\n", " "), actor, until)
    case = find(tx, case_id, lock=True)
    case.blacklisted_at, case.blacklisted_by = tx.now, actor
    record_audit(tx, actor, "case.blacklist_project", f"case:{case_id}", project=project_id, reason=reason)
    return tx.add(case)


def _project_of(tx: Tx, case_id: int) -> int:
    return int(
        tx.scalar(
            "SELECT d.project_id FROM donation d JOIN screening_case c ON c.donation_id = d.id WHERE c.id = :id",
            id=case_id,
        )
    )


def lock_case(tx: Tx, case_id: int) -> tuple[ScreeningCase, SharedCampaign]:
    """Lock in the house's order: campaign shared, donation, case. Raises NotFound `case_unknown`."""
    known = find(tx, case_id)
    campaign = lock_shared(tx, ids=[known.campaign_id])[0]
    tx.rows("SELECT id FROM donation WHERE id = :id FOR UPDATE /* lock:donations */", id=known.donation_id)
    return find(tx, case_id, lock=True), campaign


def must_say(reason: str, field: str = "reason") -> None:
    """Raises Invalid `reason_missing` when this says nothing, or too much."""
    if wrong := text_fault(reason.replace("\r", "").replace("\n", " "), MOST_REASON):
        raise Invalid("reason_missing", fields={field: wrong})


def set_state(
    tx: Tx, case: ScreeningCase, campaign: SharedCampaign, to: Decision, reason: str, actor: str
) -> ScreeningCase:
    """Make a decision on a locked case and move its match; refused once the match has been paid out."""
    if campaign.phase in (Phase.RELEASED, Phase.ARCHIVED):
        raise Conflict("campaign_phase", phase=campaign.phase)
    assert case.id is not None
    was, now = case.state, tx.now
    transfers = _cancelled(tx, case, campaign) if to == "cancelled" else _released(tx, case, campaign)
    case.state, case.decided_at, case.actor, case.reason = to, now, actor, reason
    record_audit(tx, actor, f"case.{to}", f"case:{case.id}", donation=str(case.donation_id), was=was, reason=reason)
    tx.add(case)
    post(tx, transfers)
    return case


def _decide_once(tx: Tx, case_id: int, to: Decision, reason: str, actor: str) -> ScreeningCase:
    must_say(reason)
    case, campaign = lock_case(tx, case_id)
    if case.state == to:
        return case
    if case.state != "open":
        raise Conflict("case_decided", state=case.state)
    return set_state(tx, case, campaign, to, reason, actor)


def _released(tx: Tx, case: ScreeningCase, campaign: SharedCampaign) -> list[Transfer]:
    """From open: what is held is earned. From cancelled: the match went back, so what is still free counts."""
    assert case.id is not None
    if case.state == "cancelled":
        return rematch(tx, case.donation_id, campaign)
    return clear_hold(tx, case.donation_id, case.id)


def _cancelled(tx: Tx, case: ScreeningCase, campaign: SharedCampaign) -> list[Transfer]:
    pots = {pot.pot_id: pot for pot in pot_states(tx, campaign.id, campaign.matching_version)}
    parts = [
        part for part in reserved_parts(tx, [case.donation_id]) if part.state == "captured" and part.live_minor
    ]
    return give_back(
        tx,
        [Surplus(part, part.live_minor) for part in parts],
        pots,
        living=campaign.phase in LIVING,
        released=False,
        cause=f"screen:{case.id}",
    )
