"""Reading untrusted JSON field by field. PURE.

Each reader answers a value of the promised type or raises FactMalformed with the field's full path, so
that nothing a provider (or someone with its key) sends can end in a KeyError or TypeError further in.
"""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

MAX_MINOR = 10**15  # fen; far above any payment, far below the database's bigint
_LATEST = 253_402_300_799  # 9999-12-31T23:59:59Z, the last second Python's datetime can hold
_CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class FactMalformed(Exception):
    """An object that is not what its type promises; `code` is stable, `field` the dotted path."""

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


class Fields:
    """A JSON object at a known path."""

    __slots__ = ("_name", "_parent", "_values")

    def __init__(self, values: Any, name: str = "", parent: "Fields | None" = None) -> None:
        self._name = name
        self._parent = parent  # paths are only put together for errors
        self._values = values
        if not isinstance(values, dict):
            raise FactMalformed("object_expected", self._path or "event")

    @property
    def _path(self) -> str:
        return self._parent.path_of(self._name) if self._parent else self._name

    def path_of(self, name: str) -> str:
        """The dotted path of a field of this object, as errors name it."""
        path = self._path
        return f"{path}.{name}" if path else name

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._values.get(name) is not None

    def child(self, name: str) -> "Fields":
        """The object in this field."""
        return Fields(self._values.get(name), name, self)

    def text(self, name: str) -> str:
        """1 to 255 printable ASCII characters, which all ids and types of the provider are; a NUL or
        a lone surrogate would pass as JSON and then break the database's text."""
        value = self._values.get(name)
        if isinstance(value, str) and 0 < len(value) <= 255 and value.isascii() and value.isprintable():
            return value
        raise FactMalformed("text_expected", self.path_of(name))

    def amount(self, name: str, absent: int | None = None) -> int:
        """A whole number of fen, 0 <= amount <= MAX_MINOR; `absent` stands in for a missing field."""
        value = self._values.get(name, absent)
        if type(value) is not int or not 0 <= value <= MAX_MINOR:  # bool is an int: not here
            raise FactMalformed("amount_expected", self.path_of(name))
        return value

    def signed(self, name: str) -> int:
        """A whole number of fen that may be negative."""
        value = self._values.get(name)
        if type(value) is not int or abs(value) > MAX_MINOR:
            raise FactMalformed("amount_expected", self.path_of(name))
        return value

    def currency(self) -> str:
        """The currency, upper-case (the provider writes lower-case)."""
        value = self.text("currency")
        if not _CURRENCY.fullmatch(value):
            raise FactMalformed("currency_expected", self.path_of("currency"))
        return value.upper()

    def time(self, name: str) -> datetime:
        """Unix seconds as an aware UTC time."""
        value = self._values.get(name)
        if type(value) is not int or not 0 <= value <= _LATEST:
            raise FactMalformed("time_expected", self.path_of(name))
        return datetime.fromtimestamp(value, UTC)

    def reference(self, name: str) -> str | None:
        """The id of another object, which may be embedded (expanded) or missing."""
        if not self.has(name):
            return None
        if isinstance(self._values[name], dict):
            return self.child(name).text("id")
        return self.text(name)

    def donation_id(self) -> UUID | None:
        """Our id in the metadata; None for a payment that is not ours."""
        if not self.has("metadata"):
            return None
        metadata = self.child("metadata")
        if not metadata.has("donation_id"):
            return None
        value = metadata.text("donation_id")
        if not _UUID.fullmatch(value):
            raise FactMalformed("uuid_expected", self.path_of("metadata.donation_id"))
        return UUID(value)

    def latest_charge(self) -> "Fields | None":
        """The charge embedded in a payment intent, when the provider's version embeds it."""
        if isinstance(self._values.get("latest_charge"), dict):
            return self.child("latest_charge")
        if not self.has("charges"):
            return None
        charges = self.child("charges")._values.get("data")
        if not isinstance(charges, list) or not charges:
            return None
        return Fields(charges[0], "charges.data.0", self)

    def instrument(self) -> str | None:
        """What paid this charge: `card:<fingerprint>`, `<wallet>:<buyer id or fingerprint>`."""
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
