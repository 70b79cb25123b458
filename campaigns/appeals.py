"""Appeals against decisions: the rules that appeals to screening cases and to blacklist listings share.

The record under appeal has the columns: one appeal per record, and one answer by a reviewer. The text of an appeal
is kept out of the audit trail, as it may name people.
"""

from datetime import datetime
from typing import Protocol

from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from kernel.text import text_fault

MOST_APPEAL = 2_000  # characters


class Appealable(Protocol):
    """A decision that can be appealed; `appeal` and `answer` are "" while there is none."""

    appeal: str
    appealed_at: datetime | None
    answer: str
    answered_by: str
    answered_at: datetime | None


def require_appeal_text(text: str) -> None:
    """Raise Invalid `appeal_invalid` unless this is text of 1 to `MOST_APPEAL` characters."""
    if refused := text_fault(text, MOST_APPEAL, lines=True, required=True):
        raise Invalid("appeal_invalid", fields={"text": refused})


def is_filed(record: Appealable, text: str, filed: str) -> bool:
    """Return whether this very appeal has been filed; `filed` is the text of the record's.

    Raises Conflict `appeal_exists` if another one has.
    """
    if record.appealed_at is not None and filed != text:
        raise Conflict("appeal_exists")
    return record.appealed_at is not None


def file_appeal(tx: Tx, record: Appealable, text: str) -> None:
    """Store an appeal. The record is locked and has no appeal yet."""
    record.appeal, record.appealed_at = text, tx.now


def answer_appeal(tx: Tx, record: Appealable, text: str, reviewer: str) -> None:
    """Store a reviewer's answer. The record is locked.

    Raises Conflict `appeal_missing` or `appeal_answered`.
    """
    if record.appealed_at is None:
        raise Conflict("appeal_missing")
    if record.answered_at is not None:
        raise Conflict("appeal_answered")
    record.answer, record.answered_by, record.answered_at = text, reviewer, tx.now
