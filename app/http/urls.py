"""URLs of the application, each built once for the same values. Building one takes longer than writing its link."""

from collections.abc import Callable
from typing import Any

from flask.globals import request_ctx
from werkzeug.routing import MapAdapter

MOST = 5_000  # visitors can invent values; beyond this number all are built anew
MOST_VALUE = 100  # characters
_KEPT_TYPES = {int, str, type(None)}  # compared by type: 1, True and 1.0 are equal, but not the same in a URL


class KeptUrls:
    """A bounded cache in front of `Flask.url_for`, for relative URLs inside requests."""

    def __init__(self, build: Callable[..., str]) -> None:
        self._build = build
        self._kept: dict[tuple[Any, ...], str] = {}

    def __call__(self, endpoint: str, values: dict[str, Any]) -> str:
        """Return the URL. Raises BuildError as `Flask.url_for` does."""
        adapter = _adapter()
        if adapter is None or endpoint.startswith(".") or not all(map(_keepable, values, values.values())):
            return self._build(endpoint, **values)
        key = (adapter.script_name, endpoint, *values.items())
        url = self._kept.get(key)
        if url is None:
            url = self._build(endpoint, **values)
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[key] = url
        return url


def _adapter() -> MapAdapter | None:
    try:
        return request_ctx.url_adapter
    except RuntimeError:  # outside a request URLs are absolute
        return None


def _keepable(name: str, value: Any) -> bool:
    """Return whether a value may be kept: no option of `url_for` (`_external`), and nothing long."""
    return (
        not name.startswith("_")
        and type(value) in _KEPT_TYPES
        and (type(value) is not str or len(value) <= MOST_VALUE)
    )
