"""PURE. Fill templates with the fields of a notification (see `payments.mappings.document`)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

_BRACES = re.compile(r"\{([^{}]*)\}")
ANY = "*"  # among the words of a condition: any text that is not empty


def fill(template: str, fields: Mapping[str, Any], *, lower: bool = False) -> str:
    """Return a filled template; "" if a part of it has no value. With `lower`, names are looked up in lower case
    and missing values are left out."""
    texts = []
    for position, part in enumerate(_BRACES.split(template)):
        if position % 2 == 0:
            texts.append(part)
        elif lower:
            texts.append(_text(fields.get(part.lower())))
        elif text := _first(part, fields):
            texts.append(text)
        else:
            return ""
    return "".join(texts)


def fits(conditions: Mapping[str, Sequence[str]], fields: Mapping[str, Any]) -> str | None:
    """Return the first field that matches none of its words; None if all match."""
    for path, words in conditions.items():
        text = _text(value_at(path, fields))
        if text not in words and not (text and ANY in words):
            return path
    return None


def value_at(path: str, fields: Mapping[str, Any]) -> Any:
    """Return the value at a dotted path; None if there is none."""
    value: Any = fields
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _first(alternatives: str, fields: Mapping[str, Any]) -> str:
    for alternative in alternatives.split("|"):
        if alternative.startswith("="):
            return alternative[1:]
        if text := _text(value_at(alternative, fields)):
            return text
    return ""


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, str | int | float) else ""
