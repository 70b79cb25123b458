"""The outbox of letters. A letter is claimed in one transaction, sent outside any, and recorded in another."""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.letters.letter_models import LetterState
from kernel.db import Tx

LEASE = timedelta(minutes=5)  # then another worker sends it, under the same id
MOST_AGE = timedelta(days=3)  # an older letter is no longer worth sending
# Minutes until the next attempt.
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
    """The result of sending a letter."""

    SENT = "sent"
    BOUNCED = "bounced"
    LATER = "later"  # the server did not accept it this time
    DROPPED = "dropped"  # it has no recipient any more


def claim(tx: Tx, most: int, *, mail: bool, texts: bool) -> list[ClaimedLetter]:
    """Claim due letters that can be sent, by e-mail or as text messages, for `LEASE`. Other workers skip them
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
    """Drop letters that could not be sent within `MOST_AGE`, and return how many."""
    return tx.run(
        """UPDATE letter SET state = 'dropped', failure = 'too_old', ended_at = :now
            WHERE state = 'waiting' AND created_at < :before""",
        now=tx.now,
        before=tx.now - MOST_AGE,
    )


def is_known_to_bounce(tx: Tx, donation_id: UUID) -> bool:
    """Return whether an earlier letter about this donation bounced because its address does not exist."""
    return bool(
        tx.scalar(
            "SELECT EXISTS (SELECT FROM letter WHERE donation_id = :id AND state = 'bounced')", id=donation_id
        )
    )


def record(tx: Tx, letter: ClaimedLetter, delivery: Delivery, failure: str = "") -> None:
    """Record the result of sending a claimed letter. `failure` is a code, never a server's words about an
    address."""
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
