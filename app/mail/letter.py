"""Compose a letter as an e-mail message: plain text, and the same in simple HTML in our design."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import render_template

from app.i18n.outside import speaking
from app.mail.words import DONATION_ALONE, Topic, Words, code_text, code_words, words_of
from app.training_marks import marked_subject
from campaigns.disclosure.campaigns import CampaignView
from campaigns.donations.letters.outbox import ClaimedLetter
from campaigns.donations.view import DonationView
from campaigns.privacy.own_codes import LASTS

_MINUTES = int(LASTS.total_seconds()) // 60


class Reader(NamedTuple):
    """The recipient of a letter."""

    address: str
    name: str
    language: str


class Envelope(NamedTuple):
    """The common parts of every letter: target of its link, sender, time, and whether it is from a training
    site."""

    link: str
    sender: str
    at: datetime
    training: bool = False


def compose(
    letter: ClaimedLetter,
    reader: Reader,
    donation: DonationView,
    campaign: CampaignView,
    envelope: Envelope,
    topic: Topic = DONATION_ALONE,
) -> EmailMessage:
    """Return a letter about a donation. Raises ValueError for an address that no header can hold."""
    with speaking(reader.language):
        return _message(letter, reader, words_of(letter, donation, campaign, reader.name, topic), envelope)


def compose_code(letter: ClaimedLetter, reader: Reader, code: str, host: str, envelope: Envelope) -> EmailMessage:
    """Return the letter that contains a code. Raises ValueError for an address that no header can hold."""
    with speaking(reader.language):
        return _message(letter, reader, code_words(code, _MINUTES, host), envelope)


def compose_text(
    reader: Reader, code: str, signature: str, at: datetime, *, training: bool = False
) -> EmailMessage:
    """Return the text message that contains a code for a phone number. Only its body is sent."""
    with speaking(reader.language):
        text = marked_subject(code_text(code, _MINUTES, signature), training=training)
    message = EmailMessage()
    message["Subject"], message["To"], message["Date"] = text, reader.address, format_datetime(at)
    message.set_content(text)
    return message


def _message(letter: ClaimedLetter, reader: Reader, words: Words, envelope: Envelope) -> EmailMessage:
    words = words._replace(subject=marked_subject(words.subject, training=envelope.training))
    shown = {
        "training": envelope.training,
        "words": words,
        "language_tag": "en" if reader.language == "en" else "zh-CN",
        "link": envelope.link,
    }
    text, html = render_template("mail/letter.txt", **shown), render_template("mail/letter.html", **shown)
    message = EmailMessage()
    message["Subject"] = " ".join(words.subject.split())
    message["From"] = Address(" ".join(words.sender.split()), addr_spec=envelope.sender)
    message["To"] = Address(addr_spec=reader.address)
    message["Date"] = format_datetime(envelope.at)
    # The id is the same however often the letter is sent, so that mail programs show it once.
    host = urlsplit(envelope.link).hostname
    message["Message-ID"] = f"<letter-{letter.id}.{letter.donation_id}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message["Content-Language"] = reader.language
    return message
