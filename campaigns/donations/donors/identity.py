"""PURE. One identity of a donor: a phone number or an e-mail address in one form, however it was typed (ADR 11)."""

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email

HOME = "CN"  # numbers without a country code are read as dialled here
_HOME_CODE = "+86"
_PHONE = re.compile(r"\(?\+?[0-9\s().-]{6,40}")  # the library alone would read letters and extensions too
# Addresses of which only the domain can be wrong; the library has the last word on all others.
_PLAIN_EMAIL = re.compile(r"(?=.{1,64}@)[\w+-]+(?:\.[\w+-]+)*@((?!.*xn--)[a-z0-9.-]+)", re.ASCII | re.IGNORECASE)
_MOST_EMAIL = 254  # characters, RFC 3696 erratum 1690
# A batch of donors is read twice, for its faults and for its keys; personal data must not stay for long.
_CACHED = 256


class Identity(NamedTuple):
    """What tells one donor from another: an E.164 number or a normalised address."""

    kind: Literal["phone", "email"]
    value: str

    @property
    def hashed_text(self) -> str:
        """The text that keyed hashes are made of. Numbers of the home country stand without their country code,
        as most donors type them: so the keys from before this module stay valid for those."""
        return self.value.removeprefix(_HOME_CODE) if self.kind == "phone" else self.value


@lru_cache(_CACHED)
def phone_identity(text: str) -> Identity | None:
    """Return the donor with this phone number, or None when it is no valid number."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not _PHONE.fullmatch(plain):
        return None
    try:
        number = phonenumbers.parse(plain, HOME)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return Identity("phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@lru_cache(_CACHED)
def email_identity(text: str) -> Identity | None:
    """Return the donor with this e-mail address, or None when its syntax is wrong. Nothing is looked up."""
    plain = _PLAIN_EMAIL.fullmatch(text.strip())
    if plain is None or len(plain[0]) > _MOST_EMAIL:
        return _any_email(text)
    return Identity("email", plain[0].lower()) if _is_domain(plain[1].lower()) else None


@lru_cache(_CACHED)
def _is_domain(domain: str) -> bool:
    """Whether an e-mail address may end with this. Most of the time of a check goes here, and donors share few
    domains."""
    return _any_email(f"a@{domain}") is not None


def _any_email(text: str) -> Identity | None:
    try:
        address = validate_email(text.strip(), check_deliverability=False, strict=True)
    except EmailNotValidError:
        return None
    return Identity("email", unicodedata.normalize("NFKC", address.normalized).lower())


def contact_identity(text: str) -> Identity | None:
    """Return the donor with this phone number or e-mail address, or None when the text is neither."""
    return email_identity(text) if "@" in text else phone_identity(text)


def partner_identity(text: str) -> Identity | None:
    """Return the donor that a platform's own id names in a form that cannot be a number of its own: an e-mail
    address, or a phone number with `+`."""
    return contact_identity(text) if "@" in text or text.startswith(("+", "(+")) else None


def is_visitor_key(key: str) -> bool:
    """Whether a donor is known by their browser only: several people may share it."""
    return key.startswith("v:")


def is_contact_key(key: str) -> bool:
    """Whether a donor is known by the phone number or e-mail address that they left."""
    return key.startswith(("p:", "m:"))


def is_own_key(key: str) -> bool:
    """Whether nothing is known of a donor but this donation."""
    return key.startswith("d:")
