"""The outbox of letters: claimed in one transaction, sent outside of any, recorded in another."""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.letters.letter_models import LetterState
from kernel.db import Tx

LEASE = timedelta(minutes=5)  # who claimed a letter and died: another one sends it then, under the same id
MOST_AGE = timedelta(days=3)  # an older letter is news no more
# Minutes until the next try.
BACKOFF = (1, 5, 15, 60, 240, 720, 1440)


class ClaimedLetter(NamedTuple):
    """A letter to send now; see `Letter`."""

    id: int
    donation_id: UUID
    kind: str
    amount_minor: int | None
    attempts: int
    about: str


class Delivery(StrEnum):
    """How sending a letter went."""

    SENT = "sent"
    BOUNCED = "bounced"
    LATER = "later"  # the server did not take it now
    DROPPED = "dropped"  # there is nobody to send it to


def claim(tx: Tx, most: int, *, mail: bool, texts: bool) -> list[ClaimedLetter]:
    """Claim letters that are due and can be sent, by e-mail or as text messages, for `LEASE`. Others skip them
    meanwhile."""
    return tx.rows_as(
        ClaimedLetter,
        """UPDATE letter SET attempts = attempts + 1, due_at = :lease
            WHERE id IN (SELECT id FROM letter WHERE state = 'waiting' AND due_at <= :now
                            AND CASE WHEN kind = 'text_code' THEN :texts ELSE :mail END
                          ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED)
        RETURNING id, donation_id, kind, amount_minor, attempts, about""",
        mail=mail,
        texts=texts,
        now=tx.now,
        lease=tx.now + LEASE,
        most=most,
    )


def drop_old(tx: Tx) -> int:
    """Drop letters that nobody could send for too long, and return how many."""
    return tx.run(
        """UPDATE letter SET state = 'dropped', failure = 'too_old', ended_at = :now
            WHERE state = 'waiting' AND created_at < :before""",
        now=tx.now,
        before=tx.now - MOST_AGE,
    )


def is_known_to_bounce(tx: Tx, donation_id: UUID) -> bool:
    """Whether an earlier letter about this donation came back: its address does not exist."""
    return bool(
        tx.scalar(
            "SELECT EXISTS (SELECT FROM letter WHERE donation_id = :id AND state = 'bounced')", id=donation_id
        )
    )


def record(tx: Tx, letter: ClaimedLetter, delivery: Delivery, failure: str = "") -> None:
    """Record how sending a claimed letter went; `failure` is a code, never what a server said of an address."""
    state = LetterState.WAITING if delivery is Delivery.LATER else LetterState(delivery.value)
    if delivery is Delivery.LATER and letter.attempts > len(BACKOFF):
        state = LetterState.FAILED
    minutes = BACKOFF[min(letter.attempts, len(BACKOFF)) - 1]
    tx.run(
        """UPDATE letter SET state = :state, failure = :failure, due_at = :due,
                  ended_at = CASE WHEN :state = 'waiting' THEN NULL ELSE CAST(:now AS timestamptz) END
            WHERE id = :id AND state = 'waiting'""",
        id=letter.id,
        state=str(state),
        failure=failure,
        due=tx.now + timedelta(minutes=minutes),
        now=tx.now,
    )
