"""PURE. Load JSON from outside, refusing constructs on which parsers and databases disagree."""

import json
import math
from typing import Any

from kernel.errors import Fault, Invalid, fault
from kernel.text import is_storable

MOST_DEPTH = 32  # levels; far above any body that we accept, far below the limit of the parser


def load_json(payload: bytes) -> Any:
    """Parse a JSON body (RFC 8259, UTF-8), refusing duplicate names, NaN and Infinity.

    Raises Invalid `body_invalid`.
    """
    try:
        return json.loads(payload.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:  # also bad UTF-8, and integers with too many digits
        raise Invalid("body_invalid") from error


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands twice in one object: readers would disagree which value counts")
    return values


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def unstorable(value: Any, deepest: int = MOST_DEPTH) -> dict[str, Fault]:
    """Return the first value that the database cannot hold: dotted path -> fault.

    JSON allows NUL, unpaired surrogates, and numbers of any size. `body` is the path of the outermost value.
    """
    return {} if _is_storable(value, deepest) else _first_fault(value, deepest)


def _is_storable(value: Any, depth: int) -> bool:
    """Return whether `_first_fault` would find nothing. Much faster, and nearly every value has no fault."""
    if depth < 0:
        return False
    if isinstance(value, str):
        return is_storable(value)
    if isinstance(value, dict):
        return all(map(is_storable, value)) and all(_is_storable(part, depth - 1) for part in value.values())
    if isinstance(value, list):
        return all(_is_storable(part, depth - 1) for part in value)
    return not isinstance(value, float) or math.isfinite(value)


def _first_fault(value: Any, deepest: int) -> dict[str, Fault]:
    todo: list[tuple[str, Any, int]] = [("", value, 0)]
    while todo:
        path, part, depth = todo.pop()
        refused = _part_fault(part, depth > deepest)
        if refused is not None:
            return {path[:200] or "body": refused}
        if isinstance(part, dict):
            todo += [(f"{path}.{name}" if path else name, inner, depth + 1) for name, inner in part.items()]
        elif isinstance(part, list):
            todo += [
                (f"{path}.{index}" if path else str(index), inner, depth + 1) for index, inner in enumerate(part)
            ]
    return {}


def _part_fault(part: Any, too_deep: bool) -> Fault | None:
    if too_deep:
        return fault("too_deep")
    if isinstance(part, str):
        return None if is_storable(part) else fault("not_storable")
    if isinstance(part, float):
        return None if math.isfinite(part) else fault("number_too_large")
    if isinstance(part, dict) and not all(is_storable(name) for name in part):
        return fault("not_storable")
    return None
