"""Transports of letters: SMTP, a gateway for text messages, or a folder (the demo), where they stay."""

import json
import mailbox
import smtplib
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

from campaigns.donations.letters.outbox import Delivery
from config import LOOPBACK

_TIMEOUT_S = 15
_PORTS = {"smtp": 587, "smtps": 465}
_MOST_KEPT = 200  # letters in the folder
# Permanent replies of a server that concern the address (RFC 5321, RFC 3463).
_NO_SUCH_ADDRESS = frozenset({550, 551, 553})


class Outcome(NamedTuple):
    """The result of a delivery and the code of its failure. It never has the server's own text, which names
    people."""

    delivery: Delivery
    failure: str = ""


class Transport(Protocol):
    """A way to send letters."""

    def send(self, message: EmailMessage, address: str) -> Outcome: ...


class NoTls(smtplib.SMTPException):
    """The server does not offer TLS. Passwords, and letters to another machine, must not travel in clear."""


class Smtp:
    """A mail server. Each letter has its own connection, because letters are few and must not wait for each
    other."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)

    def send(self, message: EmailMessage, address: str) -> Outcome:
        """Send a letter through the server."""
        try:
            with self._connect() as server:
                server.send_message(message, to_addrs=[address])
        except smtplib.SMTPRecipientsRefused as refused:
            code = next((reply[0] for reply in refused.recipients.values()), 0)
            return Outcome(Delivery.BOUNCED if code in _NO_SUCH_ADDRESS else Delivery.LATER, f"smtp_{code}")
        except smtplib.SMTPNotSupportedError:
            return Outcome(Delivery.BOUNCED, "address_not_supported")
        except smtplib.SMTPResponseException as reply:
            return Outcome(Delivery.LATER, f"smtp_{reply.smtp_code}")
        except (smtplib.SMTPException, OSError) as error:
            return Outcome(Delivery.LATER, type(error).__name__)
        return Outcome(Delivery.SENT)

    def check(self) -> str:
        """Connect, with TLS and sign-in as for a letter, and return what went wrong; empty if nothing did."""
        try:
            with self._connect() as server:
                server.noop()
        except (smtplib.SMTPException, OSError) as error:
            return type(error).__name__
        return ""

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "", self._url.port or _PORTS[self._url.scheme]
        tls = ssl.create_default_context()
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_S, context=tls)
        else:
            server = smtplib.SMTP(host, port, timeout=_TIMEOUT_S)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=tls)
            elif self._url.username or host not in LOOPBACK:
                server.close()
                raise NoTls
        if self._url.username:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))
        return server


class TextGateway:
    """A gateway for text messages: `POST {"to": number, "text": ...}` in JSON, with the URL's password as bearer
    token. A provider with another interface needs a small adapter."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        self._url = urlunsplit((parts.scheme, host, parts.path or "/", parts.query, ""))
        self._token = unquote(parts.password or "")

    def send(self, message: EmailMessage, address: str) -> Outcome:
        """Send a text message through the gateway."""
        body = json.dumps({"to": address, "text": message.get_content().strip()}, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            with urlopen(Request(self._url, body, headers), timeout=_TIMEOUT_S):  # noqa: S310 - a checked setting
                return Outcome(Delivery.SENT)
        except HTTPError as error:
            return Outcome(Delivery.LATER, f"http_{error.code}")
        except OSError as error:
            return Outcome(Delivery.LATER, type(error).__name__)


class Folder:
    """A mailbox on this machine (Maildir), where the demo shows the letters that donors would get."""

    def __init__(self, url: str) -> None:
        self.path = unquote(urlsplit(url).path)

    def send(self, message: EmailMessage, _address: str) -> Outcome:
        """Store a letter, keeping only the newest `_MOST_KEPT`."""
        box = self._opened()
        box.add(message)
        for key in sorted(box.keys(), key=_counted)[:-_MOST_KEPT]:
            box.discard(key)
        return Outcome(Delivery.SENT)

    def newest(self, most: int) -> list[tuple[str, EmailMessage]]:
        """Return the newest letters and their keys."""
        box = self._opened()
        keys = sorted(box.keys(), key=_counted, reverse=True)[:most]
        return [(key, message) for key in keys if (message := _read(box, key)) is not None]

    def _opened(self) -> mailbox.Maildir:
        # The library creates a mailbox only if no other thread or process creates it at the same moment.
        for folder in ("", "tmp", "new", "cur"):
            Path(self.path, folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        return mailbox.Maildir(self.path, create=False)


def _counted(key: str) -> tuple[float, str]:
    """Return the sort key for the order of arrival. A Maildir key begins with the time in seconds."""
    seconds = key.partition(".")[0]
    return (float(seconds) if seconds.isdigit() else 0.0, key)


def _read(box: mailbox.Maildir, key: str) -> EmailMessage | None:
    try:
        return message_from_bytes(box.get_bytes(key), policy=policy.default)
    except KeyError:
        return None  # another process discarded it


def transport_of(url: str) -> Transport | None:
    """Return the transport that MAIL_URL or SMS_URL names; None if it is empty."""
    if not url:
        return None
    if url.startswith("file:"):
        return Folder(url)
    return TextGateway(url) if url.startswith("http") else Smtp(url)
