"""PURE. Read the provider's JSON field by field; the first wrong field raises.

Each method returns a value of the promised type or raises FactMalformed with the field's full path, so that nothing
a provider (or someone with its key) sends can end in a KeyError or TypeError elsewhere.
"""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kernel.json_reader import JsonObject

MAX_MINOR = 10**15  # fen; far above any payment, far below the database's bigint
LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second Python's datetime can hold
_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class FactMalformed(Exception):
    """An object that is not what its type promises; `code` is stable, `field` the dotted path."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


class ProviderFields(JsonObject):
    """A JSON object of the provider. Every method may raise FactMalformed."""

    __slots__ = ()

    def __init__(self, values: Any, name: str = "", parent: "ProviderFields | None" = None) -> None:
        super().__init__(values, name, parent)
        if not isinstance(values, dict):
            raise FactMalformed("object_expected", self.path or "event")

    def malformed(self, name: str, code: str) -> FactMalformed:
        """Return the exception for a wrong field."""
        return FactMalformed(code, self.path_of(name))

    def child(self, name: str) -> "ProviderFields":
        """Return the object in this field."""
        return ProviderFields(self.value(name), name, self)

    def text(self, name: str) -> str:
        """Return a text of 1 to 255 printable ASCII characters, as all ids and types of the provider are. A NUL or
        a lone surrogate would pass as JSON and then break the database's text."""
        value = self._values.get(name)
        if type(value) is str and 0 < len(value) <= 255 and value.isascii() and value.isprintable():
            return value
        raise self.malformed(name, "text_expected")

    def amount(self, name: str, absent: int | None = None) -> int:
        """Return a whole number of fen, 0 <= amount <= MAX_MINOR; `absent` replaces a missing field."""
        value = self._values.get(name, absent)
        if type(value) is not int or not 0 <= value <= MAX_MINOR:  # a bool is an int, but not accepted here
            raise self.malformed(name, "amount_expected")
        return value

    def signed(self, name: str) -> int:
        """Return a whole number of fen that may be negative."""
        value = self.value(name)
        if type(value) is not int or abs(value) > MAX_MINOR:
            raise self.malformed(name, "amount_expected")
        return value

    def currency(self) -> str:
        """Return the currency, upper-case (the provider writes lower-case)."""
        value = self.text("currency")
        if not _CURRENCY.fullmatch(value):
            raise self.malformed("currency", "currency_expected")
        return value.upper()

    def time(self, name: str) -> datetime:
        """Return Unix seconds as an aware UTC time."""
        value = self.value(name)
        if type(value) is not int or not 0 <= value <= LATEST:
            raise self.malformed(name, "time_expected")
        return datetime.fromtimestamp(value, UTC)

    def reference(self, name: str) -> str | None:
        """Return the id of another object, which may be embedded (expanded) or missing."""
        if not self.has(name):
            return None
        if isinstance(self.value(name), dict):
            return self.child(name).text("id")
        return self.text(name)

    def donation_id(self) -> UUID | None:
        """Return our id in the metadata; None for a payment that is not ours, which may have ids of its own
        form."""
        if not self.has("metadata"):
            return None
        metadata = self.child("metadata")
        if not metadata.has("donation_id"):
            return None
        value = metadata.value("donation_id")
        return UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else None

    def latest_charge(self) -> "ProviderFields | None":
        """Return the charge embedded in a payment intent, if the provider's version embeds it."""
        if isinstance(self.value("latest_charge"), dict):
            return self.child("latest_charge")
        if not self.has("charges"):
            return None
        charges = self.child("charges").value("data")
        if not isinstance(charges, list) or not charges:
            return None
        return ProviderFields(charges[0], "charges.data.0", self)

    def instrument(self) -> str | None:
        """Return what paid this charge: `card:<fingerprint>` or `<wallet>:<buyer id or fingerprint>`."""
        if not self.has("payment_method_details"):
            return None
        details = self.child("payment_method_details")
        if not details.has("type"):
            return None
        kind = details.text("type")
        if not details.has(kind):
            return None
        method = details.child(kind)
        name = next((name for name in ("buyer_id", "fingerprint") if method.has(name)), None)
        return None if name is None else f"{kind}:{method.text(name)}"
