"""Letters to donors, written to the outbox in the transaction of the fact they report."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlmodel import select

from campaigns.donations.donors.consent import newest_consent
from campaigns.donations.donors.person_models import Consent, PersonKey
from campaigns.donations.letters.letter_models import Letter, LetterKind, LetterState
from campaigns.donations.states import ABANDONED, BY_PARTNER, WAITING, Status, Transition
from kernel.bulk import unnest
from kernel.db import Tx

# The donor left an e-mail address and agreed to be contacted about this gift.
_REACHABLE = """EXISTS (SELECT FROM person_key k WHERE k.donation_id = {id}
                        AND (k.email_key IS NOT NULL OR k.donor_key LIKE 'm\\:%'))
            AND (SELECT c.use_contact FROM consent c WHERE c.donation_id = {id} ORDER BY c.id DESC LIMIT 1)"""

_QUEUE = f"""
    INSERT INTO letter (donation_id, kind, about, amount_minor, state, attempts, failure, created_at, due_at)
    SELECT u.donation_id, u.kind, u.about, u.amount_minor, 'waiting', 0, '', :now, :now
      FROM {unnest(Letter, "donation_id", "kind", "about", "amount_minor")}
     WHERE {_REACHABLE.format(id="u.donation_id")}
    ON CONFLICT DO NOTHING"""
_QUEUE_BATCH = """
    INSERT INTO letter_batch (kind, donation_ids, created_at)
    VALUES (:kind, CAST(:donation_ids AS uuid[]), :now)"""
_WRITE_BATCHES = f"""
    WITH batch AS (
        DELETE FROM letter_batch WHERE id IN (
            SELECT id FROM letter_batch ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED)
        RETURNING kind, donation_ids, created_at)
    INSERT INTO letter (donation_id, kind, about, state, attempts, failure, created_at, due_at)
    SELECT u.donation_id, kind, '', 'waiting', 0, '', created_at, created_at
      FROM batch CROSS JOIN unnest(donation_ids) AS u(donation_id)
     WHERE {_REACHABLE.format(id="u.donation_id")}
    ON CONFLICT DO NOTHING"""
_THANKS = (LetterKind.THANKS, LetterKind.LATE_THANKS)
_MANY = 100  # from so many thanks on, they are stored as one row


_QUEUE_DONORS_OF = f"""
    INSERT INTO letter (donation_id, kind, about, amount_minor, state, attempts, failure, created_at, due_at)
    SELECT DISTINCT ON (coalesce(p.email_key, p.donor_key))
           d.id, :kind, :about, :amount_minor, 'waiting', 0, '', :now, :now
      FROM donation d JOIN person_key p ON p.donation_id = d.id
     WHERE d.campaign_id = :campaign AND d.project_id = :project AND d.status IN ('paid', 'settled', 'disputed')
       AND d.amount_minor > d.refunded_minor AND {_REACHABLE.format(id="d.id")}
     ORDER BY coalesce(p.email_key, p.donor_key), d.paid_at DESC, d.id
    ON CONFLICT DO NOTHING"""


class NewLetter(NamedTuple):
    """A letter to queue if its donor can be reached; see `Letter`."""

    donation_id: UUID
    kind: LetterKind
    about: str = ""
    amount_minor: int | None = None


def queue_letters(tx: Tx, letters: Sequence[NewLetter]) -> None:
    """Queue letters, each once, to those donors who left an e-mail address and agreed to be contacted."""
    if not letters:
        return
    tx.run(
        _QUEUE,
        donation_id=[letter.donation_id for letter in letters],
        kind=[str(letter.kind) for letter in letters],
        about=[letter.about for letter in letters],
        amount_minor=[letter.amount_minor for letter in letters],
        now=tx.now,
    )


def queue_letters_of(tx: Tx, transitions: Sequence[Transition]) -> None:
    """Queue the letters that transitions call for: thanks for a payment, and a notice when a donation expires. Many
    thanks at once are stored as one row, which `write_batches` writes out."""
    donations: dict[LetterKind, list[UUID]] = defaultdict(list)
    for step in transitions:
        if kind := _kind_of(step):
            donations[kind].append(step.donation_id)
    for kind, ids in donations.items():
        if kind in _THANKS and len(ids) >= _MANY:
            tx.run(_QUEUE_BATCH, kind=str(kind), donation_ids=ids, now=tx.now)
        else:
            queue_letters(tx, [NewLetter(id_, kind) for id_ in ids])


def write_batches(tx: Tx, most: int) -> None:
    """Write out the letters of up to `most` batches, those of the donors who can be reached now."""
    tx.run(_WRITE_BATCHES, most=most)


def queue_to_donors_of(
    tx: Tx, campaign_id: int, project_id: int, kind: LetterKind, about: str, amount_minor: int
) -> None:
    """Queue a letter to each donor of a project in a campaign who left an e-mail address and agreed to be
    contacted: one per address, about their newest donation."""
    tx.run(
        _QUEUE_DONORS_OF,
        campaign=campaign_id,
        project=project_id,
        kind=str(kind),
        about=about,
        amount_minor=amount_minor,
        now=tx.now,
    )


def _kind_of(step: Transition) -> LetterKind | None:
    if step.cause == BY_PARTNER:
        return None  # platforms write to their donors themselves
    if step.to is Status.PAID and step.from_ in WAITING:
        return LetterKind.THANKS
    if step.to is Status.PAID and step.from_ in ABANDONED:
        return LetterKind.LATE_THANKS
    return LetterKind.LAPSED if step.to is Status.EXPIRED else None


def withdraw_lapse_letter(tx: Tx, donation_id: UUID) -> None:
    """Delete the letter that a reservation ended, if it was not sent yet."""
    tx.run(
        "DELETE FROM letter WHERE donation_id = :id AND kind = :kind AND state = :waiting",
        id=donation_id,
        kind=LetterKind.LAPSED,
        waiting=LetterState.WAITING,
    )


def gets_letters(tx: Tx, donation_id: UUID) -> bool:
    """Return whether the donor of a donation left an e-mail address and has not declined letters."""
    key = tx.get(PersonKey, donation_id)
    consent = newest_consent(tx, donation_id)
    return bool(
        key and (key.email_key or key.donor_key.startswith("m:")) and consent is not None and consent.use_contact
    )


def decline_letters(tx: Tx, donation_id: UUID, how: str) -> None:
    """Record that a donor wants no more letters about a donation. Their consent to publication stays."""
    before = newest_consent(tx, donation_id)
    if before is not None and before.use_contact:
        tx.add(
            Consent(
                donation_id=donation_id,
                publish_name=before.publish_name,
                publish_message=before.publish_message,
                use_contact=False,
                text_version=before.text_version,
                how=how,
                at=tx.now,
            )
        )


class LettersShown(NamedTuple):
    """What the donor's page shows about letters: whether they get them, and whether one bounced."""

    wanted: bool
    came_back: bool


def letters_shown(tx: Tx, donation_id: UUID) -> LettersShown:
    """Return what to show a donor about letters."""
    came_back = select(Letter.id).where(Letter.donation_id == donation_id, Letter.state == LetterState.BOUNCED)
    return LettersShown(gets_letters(tx, donation_id), bool(tx.all(came_back)))
