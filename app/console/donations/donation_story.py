"""The history of a donation beside its payment and match, in chronological order: requests of the donor, letters,
the review, and what staff did."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import g
from flask_babel import gettext as _
from sqlmodel import col, select

from app.i18n.audit.audit_texts import act_text, changes_text
from app.i18n.giving_labels import AGE_BANDS, CONSENTS
from app.i18n.labels import word
from app.i18n.names import actor_name
from campaigns.audit import entries_of
from campaigns.donations.corrections import corrections_of
from campaigns.donations.donors.person_models import DonorQuestion, MinorGift
from campaigns.donations.letters.letter_models import Letter, LetterState
from campaigns.donations.models import RefundRequest
from campaigns.donations.receipts.receipt_models import ReceiptRequest, ReceiptState
from campaigns.network.roles import Permission
from campaigns.screening.models import ScreeningCase
from campaigns.subject_names import named_details
from kernel.db import Tx


class Happening(NamedTuple):
    """An entry of the history: its time, its text, and who acted or what they wrote ("" if that is of no use
    here)."""

    at: datetime
    text: str
    note: str = ""


def story_of(tx: Tx, donation_id: UUID) -> list[Happening]:
    """Return the history in chronological order. Donors' own texts stay on the desks where they are answered."""
    parts = (_minor, _corrections, _questions, _refund_requests, _receipts, _letters, _review, _acts)
    return sorted(happening for part in parts for happening in part(tx, donation_id))


def _rows(tx: Tx, model: Any, donation_id: UUID) -> list[Any]:
    return tx.all(select(model).where(model.donation_id == donation_id).order_by(col(model.id)))


def _minor(tx: Tx, donation_id: UUID) -> Iterator[Happening]:
    if gift := tx.get(MinorGift, donation_id):
        declared = _("捐赠人%(age)s，监护人同意", age=word(AGE_BANDS, gift.age))
        yield Happening(gift.guardian_agreed_at, declared, _("监护人要求退款的，应退回，配捐一并退回。"))


def _corrections(tx: Tx, donation_id: UUID) -> Iterator[Happening]:
    for row in corrections_of(tx, donation_id):
        consent = _("捐赠人 %(day)s 同意（%(how)s）", day=row.consented_on, how=word(CONSENTS, row.consent))
        yield Happening(row.corrected_at, _("更正项目"), f"{actor_name(row.actor)} {row.reason} {consent}")


def _questions(tx: Tx, donation_id: UUID) -> Iterator[Happening]:
    for question in _rows(tx, DonorQuestion, donation_id):
        yield Happening(question.asked_at, _("捐赠人提问"))
        if question.answered_at is not None:
            yield Happening(
                question.answered_at, _("已答复提问"), f"{actor_name(question.actor)} {question.answer}"
            )


def _refund_requests(tx: Tx, donation_id: UUID) -> Iterator[Happening]:
    for request in _rows(tx, RefundRequest, donation_id):
        yield Happening(request.requested_at, _("捐赠人申请退款"))
        if request.decided_at is not None:
            text = _("同意退款") if request.state == "accepted" else _("没有同意退款")
            yield Happening(request.decided_at, text, f"{actor_name(request.actor)} {request.answer}")


def _receipts(tx: Tx, donation_id: UUID) -> Iterator[Happening]:
    for request in _rows(tx, ReceiptRequest, donation_id):
        waived = request.state == ReceiptState.WAIVED
        yield Happening(request.requested_at, _("捐赠人不要票据") if waived else _("捐赠人申请开票"))
        if request.number and request.issued_on is not None:
            issued = _("已开票，票据号码 %(number)s", number=request.number)
            yield Happening(request.requested_at, issued, request.issued_on.isoformat())
        if request.state == ReceiptState.WITHDRAWN and request.ended_at is not None:
            yield Happening(request.ended_at, _("开票申请已撤回"), request.reason)


def _letters(tx: Tx, donation_id: UUID) -> Iterator[Happening]:
    for letter in _rows(tx, Letter, donation_id):
        if letter.state == LetterState.SENT and letter.ended_at is not None:
            yield Happening(letter.ended_at, _("已给捐赠人发信"))
        elif letter.state in (LetterState.BOUNCED, LetterState.FAILED) and letter.ended_at is not None:
            yield Happening(letter.ended_at, _("信没有送到"))


def _review(tx: Tx, donation_id: UUID) -> Iterator[Happening]:
    for case in _rows(tx, ScreeningCase, donation_id):
        yield Happening(case.opened_at, _("配捐进入复核"))
        if case.appealed_at is not None:
            yield Happening(case.appealed_at, _("捐赠人申诉"))
        if case.decided_at is not None:
            text = _("复核：恢复配捐") if case.state == "released" else _("复核：取消配捐")
            yield Happening(case.decided_at, text, f"{actor_name(case.actor)} {case.reason}")


def _acts(tx: Tx, donation_id: UUID) -> Iterator[Happening]:
    """Yield entries of the audit trail if the caller may read it."""
    if not g.caller.may(Permission.AUDIT_READ):
        return
    entries = entries_of(tx, f"donation:{donation_id}")
    details = named_details(tx, [entry.detail for entry in entries])
    for entry, detail in zip(entries, details, strict=True):
        note = " ".join(filter(None, (actor_name(entry.actor), changes_text(detail))))
        yield Happening(entry.at, act_text(entry.action), note)
