"""Which paper-cut emblem stands for a theme (templates/emblems)."""

from collections.abc import Mapping

_DRAWINGS: Mapping[str, str] = {"meals": "bowl", "children": "child", "lights": "lamp", "water": "water"}


def drawing_of(theme: str) -> str:
    """Return the name of a theme's drawing; the peony where none has been cut yet."""
    return _DRAWINGS.get(theme, "peony")
