"""Domain refusals: they know no HTTP and carry a stable code; `app/http/errors.py` maps them to answers."""

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """The engine declines what was asked, and nothing was changed.

    `code` is stable and part of the public contract; `fields` names what is wrong with which input
    (field name -> reason); `facts` holds further figures for the caller (fen, ids).
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        fields: Mapping[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message or code)
        self.code = code
        self.message = message or code
        self.fields = dict(fields or {})
        self.facts = dict(facts or {})


class NotFound(Refusal):
    """What was asked for does not exist, or the caller may not know that it does."""


class Conflict(Refusal):
    """The request contradicts what is already so."""


class Invalid(Refusal):
    """The input cannot be what it claims to be."""


class Forbidden(Refusal):
    """The caller is known and may not do this."""


class Unavailable(Refusal):
    """Something outside did not answer; the same request may succeed later."""


class BrokenPromise(AssertionError):
    """An invariant of ours does not hold. Never caught to go on: the transaction must roll back."""
