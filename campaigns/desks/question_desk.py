"""The desk for questions of donors about their donations: list and answer them."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.donations.donors.person_keys import open_text
from campaigns.donations.donors.person_models import DonorQuestion
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.ids import MOST_ID
from kernel.keys import Keys
from kernel.paging import FIRST_PAGE, Page


class QuestionLine(NamedTuple):
    """A question with its donation (fen), without the donor."""

    id: int
    donation_id: UUID
    campaign: str
    project_name: str
    amount_minor: int
    status: str
    words: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None
    actor: str


_LINES = """
    SELECT q.id, q.donation_id, c.slug AS campaign, p.name AS project_name, d.amount_minor, d.status, q.words,
           q.asked_at, q.answer, q.answered_at, q.actor
      FROM donor_question q JOIN donation d ON d.id = q.donation_id JOIN campaign c ON c.id = d.campaign_id
      JOIN project p ON p.id = d.project_id"""
_CHOSEN = "WHERE (CAST(:branch AS text) IS NULL OR p.lineage @> ARRAY[CAST(:branch AS text)])"


def listed(
    tx: Tx, keys: Keys, branch: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[QuestionLine], int]:
    """Return one page of the questions of a branch (None: all), unanswered ones first, and their total number."""
    rows = tx.rows_as(
        QuestionLine,
        f"{_LINES} {_CHOSEN} ORDER BY q.answered_at IS NOT NULL, q.id LIMIT :size OFFSET :skip",
        branch=branch,
        size=page.size,
        skip=page.offset,
    )
    total = tx.scalar(f"SELECT count(*) FROM ({_LINES} {_CHOSEN}) AS chosen", branch=branch)
    return [_opened(tx, keys, row) for row in rows], int(total)


def line(tx: Tx, keys: Keys, question_id: int) -> QuestionLine:
    """Return one question. Raises NotFound `question_unknown`."""
    is_possible = 0 < question_id <= MOST_ID
    rows = tx.rows_as(QuestionLine, f"{_LINES} WHERE q.id = :id", id=question_id) if is_possible else []
    if not rows:
        raise NotFound("question_unknown")
    return _opened(tx, keys, rows[0])


def _opened(tx: Tx, keys: Keys, row: QuestionLine) -> QuestionLine:
    return row._replace(words=open_text(tx, keys, row.donation_id, row.words))


def answer_question(tx: Tx, question_id: int, reply: str, actor: str) -> None:
    """Answer a question; its donor reads the answer. Repeating the same answer changes nothing.

    Raises NotFound `question_unknown`, Invalid `reason_missing`, Conflict `question_answered`.
    """
    require_reason(reply)
    question = tx.get(DonorQuestion, question_id, lock=True)
    if question is None:
        raise NotFound("question_unknown")
    if question.answered_at is not None:
        if question.answer == reply:
            return
        raise Conflict("question_answered")
    question.answer, question.answered_at, question.actor = reply, tx.now, actor
    tx.add(question)
    tx.session.flush()
    record_audit(tx, actor, "question.answer", f"question:{question_id}", donation=str(question.donation_id))
