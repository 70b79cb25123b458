"""Import the bank's answers to payment files (pain.002): refused payments go back to their shares.

An accepted payment stays sent until the bank's statement shows it. Above the limit of the installation, refused
payments need a second person, because the next plan pays them again.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.import_plan import Confirmation, ImportPlan, Sum
from campaigns.lifecycle.models import Campaign
from campaigns.network.organisations import within
from campaigns.payouts.answer_models import BankAnswer
from campaigns.payouts.bank_file import plan_of_message
from campaigns.payouts.models import PayoutPlan, PlanState, Remittance, RemittanceState
from campaigns.payouts.plans import remittances_of
from campaigns.payouts.remittances import refuse_together
from kernel.bulk import insert_rows
from kernel.db import Tx
from kernel.errors import Fault, fault
from kernel.tables import Track
from payments.bank.pain002 import Answer, AnswerFile, StatedAnswer

_NO_REASON = "RJCT"  # a report need not give a reason
_NOT_REFUSED = (RemittanceState.PAID, RemittanceState.RETURNED)


class NewAnswer(NamedTuple):
    """An answer to store, about a remittance of `amount_minor` fen. `refuses`: its money goes back."""

    place: str
    remittance_id: int
    amount_minor: int
    report: str
    stated_at: datetime
    answer: Answer
    reason: str
    refuses: bool


def plan_answers(
    tx: Tx, deps: Dependencies, file: AnswerFile, confirmation: Confirmation, branch_code: str | None = None
) -> ImportPlan[NewAnswer]:
    """Check a report against the payment files that were sent, without changing anything.

    With a `branch_code`, the plans must be of campaigns hosted in that branch.
    """
    faults: dict[str, Fault] = dict(file.faults)
    contradictions: dict[str, Fault] = {}
    new: list[NewAnswer] = []
    known = 0
    for plan_id, answers in _by_plan(tx, file, branch_code, faults).items():
        rows = remittances_of(tx, plan_id)
        before = _answers(tx, [row.id or 0 for row in rows])
        shown = _on_statement(tx, plan_id)
        for row, stated in _per_payment(rows, answers, faults):
            earlier = before.get(row.id or 0, [])
            same = next((each for each in earlier if each.report == file.report_id), None)
            if same is not None and same.answer == stated.answer:
                known += 1
            elif refused := _contradiction(row, stated, file, earlier, same, shown):
                contradictions[_place(stated)] = refused
            elif file.stated_at is not None:
                new.append(_new(row, stated, file.report_id, file.stated_at))
    return ImportPlan(
        kind="payment_report",
        table=file.table,
        new=tuple(new),
        sums=_sums(new, known),
        skipped=0,
        times=(file.stated_at,) if file.stated_at else (),
        faults=faults,
        contradictions=contradictions,
        questions=_questions(deps, new, confirmation),
        contradiction_code="bank_answer_contradicts",
    )


def lock(tx: Tx) -> None:
    """Let imports of reports wait for each other, so that none stores what another has stored."""
    tx.run("LOCK TABLE bank_answer IN SHARE ROW EXCLUSIVE MODE")


def write_answers(tx: Tx, plan: ImportPlan[NewAnswer], actor: str, track: Track = iter) -> int:
    """Store the answers of a plan, return the money of refused payments to its shares, and return how many answers
    were stored. Posts to the ledger.

    Raises Invalid `import_invalid`, Conflict `bank_answer_contradicts`, and `remittance_state` if a payment has
    changed in between.
    """
    plan.require_sound()
    new: Sequence[NewAnswer] = list(track(plan.new))
    values = {name: [getattr(stated, name) for stated in new] for name in ("remittance_id", "report", "reason")}
    values |= {"answer": [str(stated.answer) for stated in new], "stated_at": [stated.stated_at for stated in new]}
    insert_rows(tx, BankAnswer, {**values, "actor": actor, "imported_at": tx.now})
    counts = {str(status): sum(each.answer is status for each in new) for status in Answer}
    record_audit(tx, actor, "bank_answer.import", "bank", **counts)
    refuse_together(tx, {stated.remittance_id: stated.reason for stated in new if stated.refuses}, actor)
    return len(new)


def newest_answers(tx: Tx, remittance_ids: Sequence[int]) -> dict[int, BankAnswer]:
    """Return what the bank said last of each of these remittances."""
    return {id_: answers[-1] for id_, answers in _answers(tx, remittance_ids).items()}


def _answers(tx: Tx, remittance_ids: Sequence[int]) -> dict[int, list[BankAnswer]]:
    """Return the answers about each remittance, oldest first."""
    query = select(BankAnswer).where(col(BankAnswer.remittance_id).in_(remittance_ids))
    by_id: dict[int, list[BankAnswer]] = {}
    for row in tx.all(query.order_by(col(BankAnswer.stated_at), col(BankAnswer.id))):
        by_id.setdefault(row.remittance_id, []).append(row)
    return by_id


def _by_plan(
    tx: Tx, file: AnswerFile, branch_code: str | None, faults: dict[str, Fault]
) -> Mapping[int, list[StatedAnswer]]:
    """Return the answers of each plan that was sent; those about other messages are faults."""
    by_message: dict[str, list[StatedAnswer]] = {}
    for stated in file.answers:
        by_message.setdefault(stated.message_id, []).append(stated)
    plans: dict[int, list[StatedAnswer]] = {}
    for message_id, answers in by_message.items():
        plan_id = plan_of_message(message_id)
        sent = select(PayoutPlan).where(PayoutPlan.id == plan_id, PayoutPlan.state == PlanState.SENT)
        if branch_code is not None:
            sent = sent.join(Campaign, col(Campaign.id) == PayoutPlan.campaign_id)
            sent = sent.where(within(col(Campaign.host_code), branch_code))
        if plan_id is None or tx.first(sent) is None:
            faults.setdefault(f"line {answers[0].line}.OrgnlMsgId", fault("message_unknown"))
        else:
            plans[plan_id] = answers
    return plans


def _per_payment(
    rows: Sequence[Remittance], answers: Sequence[StatedAnswer], faults: dict[str, Fault]
) -> Iterator[tuple[Remittance, StatedAnswer]]:
    """Yield each remittance of a plan with its answer, if it has one."""
    by_id = {row.end_to_end_id: row for row in rows}
    named = {stated.end_to_end_id: stated for stated in answers}
    for stated in answers:
        payment = by_id.get(stated.end_to_end_id)
        if payment is None and stated.end_to_end_id:
            faults[f"{_place(stated)}/OrgnlEndToEndId"] = fault("payment_unknown")
        elif payment is not None and stated.amount_minor not in (None, payment.amount_minor):
            faults[f"{_place(stated)}/OrgnlTxRef/Amt/InstdAmt"] = fault(
                "payment_amount", before_minor=payment.amount_minor, now_minor=stated.amount_minor
            )
    for row in rows:
        own = named.get(row.end_to_end_id) or named.get("")
        if own is not None:
            yield row, own


def _contradiction(
    row: Remittance,
    stated: StatedAnswer,
    file: AnswerFile,
    earlier: Sequence[BankAnswer],
    same: BankAnswer | None,
    shown: frozenset[int],
) -> Fault | None:
    """Return why an answer cannot be true beside what is known of its payment."""
    if same is not None:
        return fault("answer_changed")
    if stated.answer is Answer.REJECTED:
        if row.state in _NOT_REFUSED or row.id in shown:
            return fault("payment_made")
        return None
    last = earlier[-1] if earlier else None
    is_newer = last is None or file.stated_at is None or last.stated_at <= file.stated_at
    return fault("payment_refused") if row.state == RemittanceState.WITHDRAWN and is_newer else None


def _on_statement(tx: Tx, plan_id: int) -> frozenset[int]:
    """Return the sent remittances of a plan that a bank statement shows as paid, although they are not marked
    yet."""
    rows = tx.rows(
        """SELECT r.id FROM remittance r
            WHERE r.plan_id = :plan AND r.state = :sent
              AND (EXISTS (SELECT FROM bank_line l WHERE l.reference = r.end_to_end_id AND l.amount_minor < 0)
                OR EXISTS (SELECT FROM bank_part p WHERE p.reference = r.end_to_end_id AND p.amount_minor < 0))""",
        plan=plan_id,
        sent=str(RemittanceState.SENT),
    )
    return frozenset(row.id for row in rows)


def _new(row: Remittance, stated: StatedAnswer, report: str, stated_at: datetime) -> NewAnswer:
    rejected = stated.answer is Answer.REJECTED
    reason = (stated.reason or _NO_REASON) if rejected else ""
    refuses = rejected and row.state == RemittanceState.SENT
    place = _place(stated)
    return NewAnswer(place, row.id or 0, row.amount_minor, report, stated_at, stated.answer, reason, refuses)


def _place(stated: StatedAnswer) -> str:
    return f"line {stated.line}.{stated.place}"


def _sums(new: Sequence[NewAnswer], known: int) -> tuple[Sum, ...]:
    by_status = {status: [each.amount_minor for each in new if each.answer is status] for status in Answer}
    parts = (Sum(f"bank_{status}", len(minors), sum(minors)) for status, minors in by_status.items())
    return (*parts, Sum("known", known))


def _questions(deps: Dependencies, new: Sequence[NewAnswer], confirmation: Confirmation) -> dict[str, Fault]:
    """Return the question for a second person, if refused payments exceed the limit."""
    refused = [stated for stated in new if stated.refuses]
    rule, second = deps.second_person, confirmation.confirmed_by.strip()
    if not rule.needed or sum(stated.amount_minor for stated in refused) <= rule.above_minor:
        return {}
    return {} if second and second != confirmation.entered_by else {refused[0].place: fault("second_person")}
