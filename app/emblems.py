"""The paper-cut emblem of each theme (templates/emblems)."""

from collections.abc import Mapping

_DRAWINGS: Mapping[str, str] = {
    "meals": "bowl",
    "children": "child",
    "lights": "lamp",
    "water": "water",
    "clinic": "gourd",  # 葫芦, the sign of physicians
    "road": "road",
    "school": "school",
    "environment": "tree",
    "other": "pomegranate",  # 石榴: its seeds hold together
}


def drawing_of(theme: str) -> str:
    """Return the name of a theme's drawing; the peony if the theme has none."""
    return _DRAWINGS.get(theme, "peony")
