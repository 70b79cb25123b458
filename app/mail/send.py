"""Send the letters that are due. Nothing is sent inside a transaction, and no address gets into a log."""

from datetime import datetime
from email.message import EmailMessage

from app.mail.letter import Reader, compose
from app.mail.transport import Outcome, Transport, transport_of
from campaigns.dependencies import Dependencies
from campaigns.disclosure.campaigns import public_campaign
from campaigns.donations.contact import read_contact
from campaigns.donations.letters import gets_letters
from campaigns.donations.outbox import ClaimedLetter, Delivery, claim, drop_old, is_known_to_bounce, record
from campaigns.donations.view import donation_view
from kernel.db import Tx
from kernel.errors import Refusal
from payments.side_by_side import side_by_side

BATCH = 50
_NOBODY = Outcome(Delivery.DROPPED, "nobody_to_write_to")


def send_letters(deps: Dependencies) -> int:
    """Send a batch of letters and return how many left. Safe to run beside itself; without MAIL_URL it only drops
    those that are too old."""
    transport = transport_of(deps.mail_url)
    with deps.db.transaction() as tx:
        drop_old(tx)
        claimed = claim(tx, BATCH) if transport else []
    if not claimed or transport is None:
        return 0
    with deps.db.snapshot() as tx:
        written = [(letter, _write(deps, tx, letter)) for letter in claimed]
    outcomes = side_by_side(lambda pair: _deliver(transport, pair[1]), written)
    for (letter, _), outcome in zip(written, outcomes, strict=True):
        with deps.db.transaction() as tx:
            record(tx, letter, outcome.delivery, outcome.failure)
    return sum(outcome.delivery is Delivery.SENT for outcome in outcomes)


def _write(deps: Dependencies, tx: Tx, letter: ClaimedLetter) -> tuple[EmailMessage, str] | None:
    """Return the message and its address; None when there is nobody to write to (any more)."""
    contact = read_contact(tx, deps.keys, letter.donation_id)
    address = contact.get("email", "")
    if not (address and gets_letters(tx, letter.donation_id)) or is_known_to_bounce(tx, letter.donation_id):
        return None
    reader = Reader(address, contact.get("name", ""), contact.get("language", "zh"))
    donation = donation_view(tx, letter.donation_id)
    token = deps.keys.token(str(donation.id))
    link = f"{deps.public_url}/d/{donation.id}?token={token}"
    now: datetime = tx.now
    try:
        campaign = public_campaign(tx, donation.campaign)
        return compose(letter, reader, donation, campaign, link, deps.mail_from, now), address
    except (Refusal, ValueError):
        return None


def _deliver(transport: Transport, written: tuple[EmailMessage, str] | None) -> Outcome:
    return _NOBODY if written is None else transport.send(*written)
