"""A donor, or somebody for him, objects to a decision; a person answers and may decide again."""

from campaigns.audit import record_audit
from campaigns.screening.decide import Decision, lock_case, must_say, set_state
from campaigns.screening.models import ScreeningCase
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from kernel.text import text_fault

MOST_APPEAL = 2_000  # characters


def appeal(tx: Tx, case_id: int, text: str, actor: str) -> ScreeningCase:
    """Write down an objection; the same text again changes nothing. The text itself stays out of the audit
    trail: it may tell of people.

    Raises NotFound `case_unknown`, Invalid `appeal_invalid`, Conflict `appeal_exists` or `nothing_to_appeal`.
    """
    if not text.strip() or text_fault(text, MOST_APPEAL, lines=True):
        raise Invalid("appeal_invalid", fields={"text": f"must be text of 1 to {MOST_APPEAL} characters"})
    case, _ = lock_case(tx, case_id)
    if case.appeal == text:
        return case
    if case.appealed_at is not None:
        raise Conflict("appeal_exists")
    if case.state == "released":
        raise Conflict("nothing_to_appeal")
    case.appeal, case.appealed_at = text, tx.now
    record_audit(tx, actor, "case.appeal", f"case:{case_id}")
    return tx.add(case)


def answer(tx: Tx, case_id: int, reason: str, actor: str, decision: Decision | None = None) -> ScreeningCase:
    """Answer an objection, with or without another decision. Released after cancelled: the match is what is
    still free, by the rules of now. The same answer again changes nothing.

    Raises NotFound `case_unknown`, Invalid `reason_missing`, Conflict `appeal_missing`, `appeal_answered` or
    `campaign_phase`.
    """
    must_say(reason)
    case, campaign = lock_case(tx, case_id)
    if case.appealed_at is None:
        raise Conflict("appeal_missing")
    if case.answered_at is not None:
        if case.answer == reason and decision in (None, case.state):
            return case
        raise Conflict("appeal_answered")
    case.answer, case.answered_by, case.answered_at = reason, actor, tx.now
    record_audit(tx, actor, "case.answer", f"case:{case_id}", reason=reason, decision=decision)
    tx.add(case)
    if decision is None or decision == case.state:
        return case
    return set_state(tx, case, campaign, decision, reason, actor)
