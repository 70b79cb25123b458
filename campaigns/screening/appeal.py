"""Appeals against cases: a donor, or another person on their behalf, objects; a reviewer replies and may decide
again."""

from campaigns import appeals
from campaigns.audit import record_audit
from campaigns.donations.donors.person_keys import open_text, seal_text
from campaigns.donations.models import Donation
from campaigns.reasons import require_reason
from campaigns.screening.decide import Decision, lock_case, set_state
from campaigns.screening.models import ScreeningCase
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.keys import Keys


def file_appeal(tx: Tx, keys: Keys, case_id: int, text: str, actor: str) -> ScreeningCase:
    """Record an appeal against a case. Filing the same text again changes nothing.

    Raises NotFound `case_unknown`, Invalid `appeal_invalid`, Conflict `appeal_exists` or `nothing_to_appeal`.
    """
    appeals.require_appeal_text(text)
    case, _ = lock_case(tx, case_id)
    if appeals.is_filed(case, text, open_text(tx, keys, case.donation_id, case.appeal)):
        return case
    if case.state == "released":
        raise Conflict("nothing_to_appeal")
    donation = tx.get(Donation, case.donation_id)
    assert donation is not None
    appeals.file_appeal(tx, case, seal_text(tx, keys, donation, text))
    record_audit(tx, actor, "case.appeal", f"case:{case_id}")
    return tx.add(case)


def answer_appeal(tx: Tx, case_id: int, reason: str, actor: str, decision: Decision | None = None) -> ScreeningCase:
    """Reply to an appeal, with or without a new decision. Repeating the same reply changes nothing.

    When a cancelled case is cleared, its donation is matched with what is still free, by the rules in force now.
    Raises NotFound `case_unknown`, Invalid `reason_missing`, Conflict `appeal_missing`, `appeal_answered` or
    `campaign_phase`.
    """
    require_reason(reason)
    case, campaign = lock_case(tx, case_id)
    if case.answered_at is not None and case.answer == reason and decision in (None, case.state):
        return case
    appeals.answer_appeal(tx, case, reason, actor)
    record_audit(tx, actor, "case.answer", f"case:{case_id}", reason=reason, decision=decision)
    tx.add(case)
    if decision is None or decision == case.state:
        return case
    return set_state(tx, case, campaign, decision, reason, actor)
