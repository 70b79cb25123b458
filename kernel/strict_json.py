"""Reading what strangers send: JSON without the corners in which parsers and databases disagree."""

import json
import math
from typing import Any

from kernel.errors import Fault, Invalid, fault
from kernel.text import is_storable

MOST_DEPTH = 32


class _Twice(ValueError):
    """A name stands twice in one object: readers would disagree which value counts."""


def load_json(payload: bytes) -> Any:
    """The content of a JSON body (RFC 8259, UTF-8), every name once, no NaN or Infinity.

    Raises Invalid `body_invalid`.
    """
    try:
        return json.loads(payload.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except _Twice as error:
        raise Invalid("body_invalid") from error
    except (ValueError, RecursionError) as error:  # ValueError: bad UTF-8, no JSON, or an integer too long
        raise Invalid("body_invalid") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def unstorable(value: Any, path: tuple[str, ...] = ()) -> dict[str, Fault]:
    """Return what in a JSON value the database cannot keep: dotted field -> fault (the first of each branch)."""
    where = ".".join(path)
    if len(path) > MOST_DEPTH:
        return {where[:200]: fault("too_deep")}
    if isinstance(value, str):
        return {} if is_storable(value) else {where: fault("not_storable")}
    if isinstance(value, float):
        return {} if math.isfinite(value) else {where: fault("number_too_large")}
    if isinstance(value, dict):
        if not all(is_storable(name) for name in value):
            return {where: fault("not_storable")}
        return _first(((name, one) for name, one in value.items()), path)
    if isinstance(value, list):
        return _first(((str(index), one) for index, one in enumerate(value)), path)
    return {}


def _first(items: Any, path: tuple[str, ...]) -> dict[str, Fault]:
    for name, one in items:
        if found := unstorable(one, (*path, name)):
            return found
    return {}
