"""Domain refusals, independent of HTTP and language.

A refusal carries a stable code and parameters; `app/i18n` has its text in each language, `app/http/errors.py` its
HTTP status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """Why one field was refused: a stable code and its parameters. Parameter names end with their unit."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


def fault(code: str, **params: Any) -> Fault:
    """Build the fault of a field: `fault("too_long", most=100)`. `app/i18n/refusals/faults.py` lists the codes."""
    return Fault(code, params)


class Refusal(Exception):
    """The request was declined, and nothing was changed.

    `code` is stable and part of the public contract. `fields` maps the name of each wrong input to its fault.
    `params` holds further figures for the caller (fen, ids, times), which programs get as members of the problem.
    """

    def __init__(self, code: str, *, fields: Mapping[str, Fault] | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields = dict(fields or {})
        self.params = params

    def __str__(self) -> str:
        faults = [f"{name}: {fault.code}" for name, fault in self.fields.items()]
        return " ".join([self.code, *faults, *(f"{name}={value}" for name, value in self.params.items())])


class NotFound(Refusal):
    """The requested resource does not exist, or the caller may not know that it does."""


class Conflict(Refusal):
    """The request contradicts the current state."""


class Invalid(Refusal):
    """The input is not valid."""


class Forbidden(Refusal):
    """The caller is known but may not do this."""


class Unavailable(Refusal):
    """An external system did not answer; the same request may succeed later."""


class BrokenPromise(AssertionError):
    """An invariant is violated. Never caught to continue: the transaction must roll back."""
