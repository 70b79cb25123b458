"""Donors' questions about their donations. A question waits until staff answer it (`desks/question_desk`)."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from campaigns.donations.donors.person_keys import open_text, seal_text
from campaigns.donations.donors.person_models import DonorQuestion
from campaigns.donations.models import Donation
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound
from kernel.keys import Keys
from kernel.text import text_fault

MOST_QUESTION = 500  # characters
MOST_QUESTIONS = 5  # per donation; our default


class Question(NamedTuple):
    """A question as its donor sees it; `answer` is "" while it waits."""

    id: int
    words: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


def ask(tx: Tx, keys: Keys, donation_id: UUID, words: str) -> Question:
    """Ask a question about a donation. Repeating the same words while they wait returns the same question.

    Raises Invalid `question_invalid`, NotFound `donation_unknown`, Conflict `question_limit`.
    """
    words = words.strip()
    if refused := text_fault(words, MOST_QUESTION, lines=True, required=True):
        raise Invalid("question_invalid", fields={"question": refused})
    donation = tx.get(Donation, donation_id, lock=True)
    if donation is None:
        raise NotFound("donation_unknown")
    earlier = questions_of(tx, keys, donation_id)
    for question in earlier:
        if question.answered_at is None and question.words == words:
            return question
    if len(earlier) >= MOST_QUESTIONS:
        raise Conflict("question_limit", most=MOST_QUESTIONS)
    sealed = seal_text(tx, keys, donation, words)
    row = tx.add(DonorQuestion(donation_id=donation_id, words=sealed, asked_at=tx.now))
    assert row.id is not None
    return Question(row.id, words, row.asked_at, "", None)


def questions_of(tx: Tx, keys: Keys, donation_id: UUID) -> list[Question]:
    """Return the questions of a donation, oldest first."""
    rows = tx.all(
        select(DonorQuestion).where(DonorQuestion.donation_id == donation_id).order_by(col(DonorQuestion.id))
    )
    return [
        Question(
            row.id or 0, open_text(tx, keys, donation_id, row.words), row.asked_at, row.answer, row.answered_at
        )
        for row in rows
    ]
