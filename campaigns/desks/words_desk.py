"""The desk for donors' words: messages, and names that are not plain, wait here until an operator shows them to the
public. Every decision is audited, without the words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.donations.donors.contact import read_contact
from campaigns.donations.donors.person_models import PublicWords, WordsState
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.ids import MOST_ID
from kernel.keys import Keys
from kernel.paging import FIRST_PAGE, Page

STATES = tuple(WordsState)
REPORTS_HIDE = 3  # reports by readers (each from another network) after which words wait again


class WordsLine(NamedTuple):
    """Words with their gift (fen). `name` is "" if the donor did not agree to show it."""

    id: int
    donation_id: UUID
    campaign: str
    project_name: str
    amount_minor: int
    status: str
    state: str
    suspicion: str
    reports: int
    written_at: datetime
    decided_at: datetime | None
    actor: str
    publishes_name: bool
    name: str = ""
    message: str = ""
    tribute: str = ""


_LINES = """
    SELECT w.id, w.donation_id, c.slug AS campaign, p.name AS project_name, d.amount_minor, d.status, w.state,
           w.suspicion, w.reports, w.written_at, w.decided_at, w.actor, d.publish_name AS publishes_name,
           '' AS name, '' AS message, '' AS tribute
      FROM public_words w JOIN donation d ON d.id = w.donation_id JOIN campaign c ON c.id = w.campaign_id
      JOIN project p ON p.id = w.project_id"""
# The words of a gift are not shown before it is paid.
_CHOSEN = """WHERE d.paid_at IS NOT NULL
               AND (CAST(:branch AS text) IS NULL OR p.lineage @> ARRAY[CAST(:branch AS text)])
               AND (CAST(:state AS text) IS NULL AND (w.state = 'waiting' OR w.reports > 0) OR w.state = :state)"""


def listed(
    tx: Tx, keys: Keys, state: str | None = None, branch: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[WordsLine], int]:
    """Return one page of the words of a branch (None: all), and their total number. Without `state`, these are the
    waiting and the reported ones. Reported words come first, those with a suspicion last."""
    chosen: dict[str, Any] = {"state": state, "branch": branch}
    rows = tx.rows_as(
        WordsLine,
        f"{_LINES} {_CHOSEN} ORDER BY w.reports DESC, w.suspicion <> '', w.id LIMIT :size OFFSET :skip",
        **chosen,
        size=page.size,
        skip=page.offset,
    )
    total = tx.scalar(f"SELECT count(*) FROM ({_LINES} {_CHOSEN}) AS chosen", **chosen)
    return [_opened(tx, keys, row) for row in rows], int(total)


def line(tx: Tx, keys: Keys, words_id: int) -> WordsLine:
    """Return words by their id. Raises NotFound `words_unknown`."""
    rows = tx.rows_as(WordsLine, f"{_LINES} WHERE w.id = :id", id=words_id) if 0 < words_id <= MOST_ID else []
    if not rows:
        raise NotFound("words_unknown")
    return _opened(tx, keys, rows[0])


def _opened(tx: Tx, keys: Keys, row: WordsLine) -> WordsLine:
    contact = read_contact(tx, keys, row.donation_id)
    name = contact.get("name", "") if row.publishes_name else ""
    return row._replace(name=name, message=contact.get("message", ""), tribute=contact.get("tribute_name", ""))


def decide(tx: Tx, words_ids: Sequence[int], actor: str, *, show: bool, branch: str | None = None) -> int:
    """Show words to the public or hide them; return how many were decided. Repeating a decision changes
    nothing, unless readers reported the words since.

    Raises NotFound `words_unknown` for ids that do not exist or are outside the branch, Conflict
    `words_withdrawn` when a donor has withdrawn theirs.
    """
    ids = sorted(set(words_ids))
    _require_in_branch(tx, ids, branch)
    state = WordsState.SHOWN if show else WordsState.HIDDEN
    decided = 0
    for words_id in ids:
        words = tx.get(PublicWords, words_id, lock=True)
        assert words is not None
        if words.state == WordsState.WITHDRAWN:
            raise Conflict("words_withdrawn")
        if words.state == state and words.decided_at is not None and not words.reports:
            continue
        words.state, words.reports, words.decided_at, words.actor = state, 0, tx.now, actor
        tx.add(words)
        record_audit(tx, actor, f"words.{state}", f"words:{words_id}", donation=str(words.donation_id))
        decided += 1
    tx.session.flush()
    return decided


def _require_in_branch(tx: Tx, ids: Sequence[int], branch: str | None) -> None:
    if not all(0 < words_id <= MOST_ID for words_id in ids):
        raise NotFound("words_unknown")
    within = tx.scalar(
        """SELECT count(*) FROM public_words w JOIN project p ON p.id = w.project_id
            WHERE w.id = ANY(:ids)
              AND (CAST(:branch AS text) IS NULL OR p.lineage @> ARRAY[CAST(:branch AS text)])""",
        ids=list(ids),
        branch=branch,
    )
    if within != len(ids):
        raise NotFound("words_unknown")


def report(tx: Tx, words_id: int) -> None:
    """Record that a reader reports shown words as improper. After `REPORTS_HIDE` reports they wait again. The
    caller counts each reader once. Raises NotFound `words_unknown`."""
    words = tx.get(PublicWords, words_id, lock=True)
    if words is None or words.state != WordsState.SHOWN:
        raise NotFound("words_unknown")
    words.reports += 1
    if words.reports >= REPORTS_HIDE:
        words.state = WordsState.WAITING
    tx.add(words)
