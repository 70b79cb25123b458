"""PURE. Stripe's wire format: nested form parameters in, its error shape out."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_MAX_DEPTH = 6


class ApiError(Exception):
    """An error response: HTTP status and the members of Stripe's error object."""

    def __init__(self, status: int, message: str, *, kind: str = "invalid_request_error", **members: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message} | members}


def missing(kind: str, id_: str) -> ApiError:
    """Return the error for an id that does not exist."""
    return ApiError(404, f"No such {kind}: '{id_}'", code="resource_missing", param="id")


def invalid(message: str, param: str, code: str | None = None) -> ApiError:
    """Return the error for a parameter that cannot be accepted."""
    members = {"param": param} | ({"code": code} if code else {})
    return ApiError(400, message, **members)


def nested(items: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Parse `a[b][0][c]=1` into {"a": {"b": {"0": {"c": "1"}}}}; `a[]=x` counts up. Raises ApiError."""
    tree: dict[str, Any] = {}
    for key, value in items:
        parts = _parts(key)
        node = tree
        for part in parts[:-1]:
            node = node.setdefault(part or str(len(node)), {})
            if not isinstance(node, dict):
                raise invalid("Invalid parameter nesting", key)
        last = parts[-1] or str(len(node))
        if last in node:
            raise invalid(f"Parameter given twice: {key}", key)
        node[last] = value
    return tree


def _parts(key: str) -> list[str]:
    match = _KEY.fullmatch(key)
    if match is None:
        raise invalid("Invalid parameter name", key)
    parts = [match[1], *_PART.findall(match[2])]
    if len(parts) > _MAX_DEPTH:
        raise invalid("Parameters nested too deep", key)
    return parts


class Text:
    """A string; `among` lists the only allowed values."""

    def __init__(self, *among: str, longest: int = 5000) -> None:
        self._among = among
        self._longest = longest

    def read(self, value: Any, param: str) -> str:
        if not isinstance(value, str) or not value or len(value) > self._longest:
            raise invalid(f"Invalid string: {param}", param)
        if self._among and value not in self._among:
            raise invalid(f"Invalid {param}: must be one of {', '.join(self._among)}", param)
        return value


class Url(Text):
    """An absolute http or https address; the cashier's page links to it."""

    def read(self, value: Any, param: str) -> str:
        if not super().read(value, param).startswith(("http://", "https://")):
            raise invalid("Not a valid URL", param, "url_invalid")
        return str(value)


class Whole:
    """A whole number between two bounds, written in decimal digits."""

    def __init__(self, least: int = 0, most: int = 10**15) -> None:
        self._least = least
        self._most = most

    def read(self, value: Any, param: str) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,18}", value, re.ASCII):
            raise invalid(f"Invalid integer: {value}", param, "parameter_invalid_integer")
        if not self._least <= int(value) <= self._most:
            raise invalid(f"{param} must be between {self._least} and {self._most}", param)
        return int(value)


class Flag:
    """`true` or `false`."""

    def read(self, value: Any, param: str) -> bool:
        if value not in ("true", "false"):
            raise invalid(f"Invalid boolean: {value}", param)
        return bool(value == "true")


class Each:
    """An array (`a[0]`, `a[1]` or `a[]`) of values of one type."""

    def __init__(self, kind: Any, most: int = 100) -> None:
        self._kind = kind
        self._most = most

    def read(self, value: Any, param: str) -> list[Any]:
        if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
            raise invalid("Invalid array", param)
        if len(value) > self._most:
            raise invalid(f"Array longer than {self._most}", param)
        ordered = sorted(value.items(), key=lambda item: int(item[0]))
        return [self._kind.read(item, f"{param}[{index}]") for index, item in ordered]


class Metadata:
    """Up to 50 keys of 40 characters with values of 500, as in Stripe's metadata."""

    def read(self, value: Any, param: str) -> dict[str, str]:
        if not isinstance(value, dict) or len(value) > 50:
            raise invalid("Invalid metadata", param)
        for key, item in value.items():
            if not isinstance(item, str) or len(key) > 40 or len(item) > 500:
                raise invalid(f"Invalid metadata: {key}", f"{param}[{key}]")
        return dict(value)


class Group:
    """Named parameters. Any other name is an error, as in Stripe's API."""

    def __init__(self, kinds: Mapping[str, Any], required: Iterable[str] = ()) -> None:
        self._kinds = kinds
        self._required = tuple(required)

    def read(self, value: Any, param: str = "") -> dict[str, Any]:
        if not isinstance(value, dict):
            raise invalid("Invalid object", param)
        for name in value:
            if name not in self._kinds:
                full = _under(param, name)
                raise invalid(f"Received unknown parameter: {full}", full, "parameter_unknown")
        for name in self._required:
            if name not in value:
                full = _under(param, name)
                raise invalid(f"Missing required param: {full}.", full, "parameter_missing")
        return {name: self._kinds[name].read(value[name], _under(param, name)) for name in value}


def _under(param: str, name: str) -> str:
    return f"{param}[{name}]" if param else name
