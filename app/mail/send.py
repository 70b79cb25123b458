"""Send due letters. Nothing is sent inside a transaction, and no address is logged."""

from collections.abc import Collection
from email.message import EmailMessage
from typing import NamedTuple
from uuid import UUID

from app.mail.letter import Envelope, Reader, compose, compose_code, compose_text
from app.mail.transport import Outcome, Transport, transport_of
from app.mail.words import DONATION_ALONE, Topic
from campaigns.dependencies import Dependencies
from campaigns.disclosure.campaigns import public_campaign
from campaigns.donations.donors.contact import read_contact
from campaigns.donations.donors.identity import phone_identity
from campaigns.donations.letters.letter_models import LetterKind
from campaigns.donations.letters.letters import gets_letters, write_batches
from campaigns.donations.letters.outbox import ClaimedLetter, Delivery, claim, drop_old, is_known_to_bounce, record
from campaigns.donations.view import donation_view
from campaigns.payouts.purpose import told_change
from campaigns.privacy.own_codes import code_of, language_of_valid
from campaigns.screening.cases import case_of_donation
from kernel.db import Tx
from kernel.errors import Refusal
from matching.returns import returns_of
from payments.side_by_side import side_by_side

BATCH = 50
BATCHES_OF_THANKS = 10  # of 1,000 payments at most; writing them out takes a tenth of a second
_THANKS = (LetterKind.THANKS, LetterKind.LATE_THANKS)
_NOTHING_TO_SEND = Outcome(Delivery.DROPPED, "nothing_to_send")


class _Ways(NamedTuple):
    """The transports of letters; None if the setting is empty."""

    mail: Transport | None
    texts: Transport | None


class _Written(NamedTuple):
    """A composed letter, its address and its transport."""

    message: EmailMessage
    address: str
    transport: Transport | None


def send_letters(deps: Dependencies) -> int:
    """Send a batch of letters and return how many were sent. Safe to run concurrently. A letter without a
    configured transport waits, and is dropped only when it is too old."""
    ways = _Ways(transport_of(deps.mail_url), transport_of(deps.sms_url))
    with deps.db.transaction(by_key=True) as tx:
        write_batches(tx, BATCHES_OF_THANKS)
    with deps.db.transaction() as tx:
        drop_old(tx)
        claimed = claim(tx, BATCH, mail=ways.mail is not None, texts=ways.texts is not None) if any(ways) else []
    if not claimed:
        return 0
    thanked = {letter.donation_id for letter in claimed if letter.kind in _THANKS}
    with deps.db.snapshot() as tx:
        written = [
            (letter, None if _is_told(letter, thanked) else _write(deps, tx, letter, ways)) for letter in claimed
        ]
    outcomes = side_by_side(lambda pair: _deliver(pair[1]), written)
    for (letter, _), outcome in zip(written, outcomes, strict=True):
        with deps.db.transaction() as tx:
            record(tx, letter, outcome.delivery, outcome.failure)
    return sum(outcome.delivery is Delivery.SENT for outcome in outcomes)


def _is_told(letter: ClaimedLetter, thanked: Collection[UUID]) -> bool:
    """Return whether the letter tells of a review of which the thanks of the same batch tell already."""
    return letter.kind == LetterKind.REVIEW_BEGUN and letter.donation_id in thanked


def _write(deps: Dependencies, tx: Tx, letter: ClaimedLetter, ways: _Ways) -> _Written | None:
    """Compose a letter. Return None if there is no recipient, or nothing to tell, any more."""
    contact = read_contact(tx, deps.keys, letter.donation_id)
    kind = LetterKind(letter.kind)
    address = contact.get("phone" if kind is LetterKind.TEXT_CODE else "email", "")
    reader = Reader(address, contact.get("name", ""), contact.get("language", "zh"))
    if not address or (kind is not LetterKind.TEXT_CODE and is_known_to_bounce(tx, letter.donation_id)):
        return None
    try:
        if kind in (LetterKind.CODE, LetterKind.TEXT_CODE):
            return _code(deps, tx, letter, reader, ways)
        message = _about_donation(deps, tx, letter, reader)
    except (Refusal, ValueError):
        return None
    return _Written(message, address, ways.mail) if message is not None else None


def _about_donation(deps: Dependencies, tx: Tx, letter: ClaimedLetter, reader: Reader) -> EmailMessage | None:
    if not gets_letters(tx, letter.donation_id):
        return None
    donation = donation_view(tx, letter.donation_id)
    link = f"{deps.public_url}/d/{donation.id}?token={deps.keys.token(str(donation.id))}"
    envelope = Envelope(link, deps.mail_from, tx.now, deps.training)
    topic = DONATION_ALONE
    if letter.kind == LetterKind.PURPOSE_CHANGED:
        topic = Topic(change=told_change(tx, int(letter.about)))
    elif letter.kind == LetterKind.REFUNDED:
        backs = returns_of(tx, donation.id)
        topic = Topic(returned_minor=sum(back.amount_minor for back in backs if back.cause == "refund"))
    elif donation.held_minor and letter.kind in (LetterKind.REVIEW_BEGUN, *_THANKS):
        topic = Topic(case=case_of_donation(tx, donation.id))
    elif letter.kind == LetterKind.REVIEW_BEGUN:
        return None  # decided meanwhile; another letter tells the result
    return compose(letter, reader, donation, public_campaign(tx, donation.campaign), envelope, topic)


def _code(deps: Dependencies, tx: Tx, letter: ClaimedLetter, reader: Reader, ways: _Ways) -> _Written | None:
    """Compose the letter with a requested code. It is sent even to a donor who declined letters, because they
    requested it, and in the language of the page on which they did."""
    code_id = UUID(letter.about)
    language = language_of_valid(tx, code_id)
    if language is None:
        return None
    reader, code = reader._replace(language=language), code_of(deps.keys, code_id)
    host = public_campaign(tx, donation_view(tx, letter.donation_id).campaign).host
    if letter.kind == LetterKind.TEXT_CODE:
        identity = phone_identity(reader.address)
        number = identity.value if identity else reader.address
        text = compose_text(reader, code, deps.sms_signature or host, tx.now, training=deps.training)
        return _Written(text, number, ways.texts)
    envelope = Envelope(f"{deps.public_url}/my/code/{code_id}", deps.mail_from, tx.now, deps.training)
    return _Written(compose_code(letter, reader, code, host, envelope), reader.address, ways.mail)


def _deliver(written: _Written | None) -> Outcome:
    if written is None or written.transport is None:
        return _NOTHING_TO_SEND
    return written.transport.send(written.message, written.address)
