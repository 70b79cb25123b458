"""PURE. The identity of a donor: a normalised phone number or e-mail address, however it was typed (ADR 11)."""

import re
import unicodedata
from functools import lru_cache
from typing import Literal, NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email

HOME = "CN"  # numbers without a country code are read as Chinese
_HOME_CODE = "+86"
_PHONE = re.compile(r"\(?\+?[0-9\s().-]{6,40}")  # the library alone would read letters and extensions too
# Addresses in which only the domain can be wrong. The library decides about all others.
_PLAIN_EMAIL = re.compile(r"(?=.{1,64}@)[\w+-]+(?:\.[\w+-]+)*@((?!.*xn--)[a-z0-9.-]+)", re.ASCII | re.IGNORECASE)
_MOST_EMAIL = 254  # characters, RFC 3696 erratum 1690
# Each batch of donors is read twice, for its faults and for its keys. The cache is small, because personal data
# must not stay for long.
_CACHED = 256


class Identity(NamedTuple):
    """What distinguishes donors: an E.164 number or a normalised address."""

    kind: Literal["phone", "email"]
    value: str

    @property
    def hashed_text(self) -> str:
        """The text to compute keyed hashes from. Numbers of the home country omit their country code, as most
        donors type them, so that keys from before this module stay valid."""
        return self.value.removeprefix(_HOME_CODE) if self.kind == "phone" else self.value


@lru_cache(_CACHED)
def phone_identity(text: str) -> Identity | None:
    """Return the identity of a phone number, or None if it is invalid."""
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


def plain_email(text: str) -> str:
    """Return an e-mail address without what Chinese keyboards type into it: full-width characters, spaces around
    it."""
    return unicodedata.normalize("NFKC", text).strip().replace("。", ".")


@lru_cache(_CACHED)
def email_identity(text: str) -> Identity | None:
    """Return the identity of an e-mail address, or None if its syntax is wrong. Makes no network request."""
    plain = _PLAIN_EMAIL.fullmatch(plain_email(text))
    if plain is None or len(plain[0]) > _MOST_EMAIL:
        return _any_email(text)
    return Identity("email", plain[0].lower()) if _is_domain(plain[1].lower()) else None


@lru_cache(_CACHED)
def _is_domain(domain: str) -> bool:
    """Return whether an e-mail address may have this domain. Cached, because the check is slow and donors share few
    domains."""
    return _any_email(f"a@{domain}") is not None


def _any_email(text: str) -> Identity | None:
    try:
        address = validate_email(plain_email(text), check_deliverability=False, strict=True)
    except EmailNotValidError:
        return None
    return Identity("email", unicodedata.normalize("NFKC", address.normalized).lower())


def contact_identity(text: str) -> Identity | None:
    """Return the identity of a phone number or e-mail address, or None if the text is neither."""
    return email_identity(text) if "@" in plain_email(text) else phone_identity(text)


def partner_identity(text: str) -> Identity | None:
    """Return the identity of a platform's donor id if its form cannot be the platform's own number: an e-mail
    address, or a phone number with `+`."""
    return contact_identity(text) if "@" in text or text.startswith(("+", "(+")) else None


def is_visitor_key(key: str) -> bool:
    """Return whether the donor is known only by their browser, which several people may share."""
    return key.startswith("v:")


def is_contact_key(key: str) -> bool:
    """Return whether the donor is known by a phone number or e-mail address."""
    return key.startswith(("p:", "m:"))


def is_own_key(key: str) -> bool:
    """Return whether only this donation is known of the donor."""
    return key.startswith("d:")
