"""A letter as an e-mail message: text, and the same as simple HTML in our face."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Flask, render_template
from flask_babel import force_locale

from app.i18n.locale import init_app
from app.mail.words import words_of
from campaigns.disclosure.campaigns import CampaignView
from campaigns.donations.outbox import ClaimedLetter
from campaigns.donations.view import DonationView


class Reader(NamedTuple):
    """Whom a letter goes to."""

    address: str
    name: str
    language: str


def compose(
    letter: ClaimedLetter,
    reader: Reader,
    donation: DonationView,
    campaign: CampaignView,
    link: str,
    sender: str,
    at: datetime,
) -> EmailMessage:
    """Return a letter. Raises ValueError for an address that no header can hold."""
    with _texts().app_context(), force_locale(reader.language):
        words = words_of(letter, donation, campaign, reader.name)
        shown = {"words": words, "language_tag": "en" if reader.language == "en" else "zh-CN", "link": link}
        text, html = render_template("mail/letter.txt", **shown), render_template("mail/letter.html", **shown)
    message = EmailMessage()
    message["Subject"] = " ".join(words.subject.split())
    message["From"] = Address(words.brand, addr_spec=sender)
    message["To"] = Address(addr_spec=reader.address)
    message["Date"] = format_datetime(at)
    # The same id however often it is sent: programs show it once.
    message["Message-ID"] = f"<letter-{letter.id}.{donation.id}@{urlsplit(link).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message["Content-Language"] = reader.language
    return message


@cache
def _texts() -> Flask:
    """An application that knows texts and templates and no requests: letters are written by a job."""
    app = Flask("app")
    init_app(app)
    return app
