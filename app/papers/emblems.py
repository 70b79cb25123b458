"""The emblems of pages as drawings for papers: two halves, of which the right one shows the match, as on pages."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from app.emblems import drawing_of

_APP = Path(__file__).parent.parent
_GROUP = re.compile(r"<g id=\"[\w-]+\"[^>]*>(.*)</g>", re.DOTALL)
_CLASS = re.compile(r'class="([a-z0-9 ]+)"')
_WIDTHS = {"w18": "1.8", "w36": "3.6", "w60": "6"}
_MIRROR = 'transform="translate(200 0) scale(-1 1)"'


class Ink(NamedTuple):
    """The two colours of a half: the drawing, and the ground that shows through its cuts."""

    drawn: str
    ground: str


def halves(theme: str, left: Ink, right: Ink, percent: int, pencil: str) -> str:
    """Return an emblem as SVG: the left half whole, `percent` of the right half from below, the rest in pencil."""
    name = drawing_of(theme)
    percent = min(max(percent, 0), 100)
    top = 2 * (100 - percent)
    if name == "peony":  # the drawing is a whole instead of a half, so it is cut at the fold
        parts = [
            _part(_inked(name, left), "left"),
            _part(_pencilled(name, pencil), "above") if percent < 100 else "",
            _part(_inked(name, right), "below") if percent else "",
        ]
    else:
        parts = [
            f'<g clip-path="url(#left)">{_inked(name, left)}</g>',
            f'<g clip-path="url(#above)"><g {_MIRROR}>{_pencilled(name, pencil)}</g></g>' if percent < 100 else "",
            f'<g clip-path="url(#below)"><g {_MIRROR}>{_inked(name, right)}</g></g>' if percent else "",
        ]
    clips = (
        '<clipPath id="left"><rect x="-6" y="-6" width="106.2" height="212"/></clipPath>'
        f'<clipPath id="above"><rect x="100" y="-6" width="106" height="{top + 6}"/></clipPath>'
        f'<clipPath id="below"><rect x="99.9" y="{top}" width="106.1" height="{206 - top}"/></clipPath>'
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">{clips}{"".join(parts)}</svg>'


def seal(name: str) -> str:
    """Return a seal (`seal`, `seal-thanks`, `wordmark`) as SVG in its colours on light paper."""
    text = (_APP / "static" / f"{name}.svg").read_text("utf-8")
    return re.sub(r"var\(--[\w-]+,\s*([^)]+)\)", r"\1", text)


def _part(drawing: str, clip: str) -> str:
    return f'<g clip-path="url(#{clip})">{drawing}</g>'


@cache
def _group(name: str) -> str:
    text = (_APP / "templates" / "emblems" / f"{name}.svg").read_text("utf-8")
    match = _GROUP.search(text)
    assert match, name
    return match[1]


def _inked(name: str, ink: Ink) -> str:
    def attributes(match: re.Match[str]) -> str:
        names = match[1].split()
        width = next((_WIDTHS[name] for name in names if name in _WIDTHS), None)
        if "s" in names:
            return f'fill="none" stroke="{ink.drawn}" stroke-width="{width or 2.6}" stroke-linecap="round"'
        if "cs" in names:
            return f'fill="none" stroke="{ink.ground}" stroke-width="{width or 2}"'
        if "c" in names:
            return f'fill="{ink.ground}"'
        gap = f' stroke="{ink.ground}" stroke-width="2.4" paint-order="stroke"' if "g" in names else ""
        return f'fill="{ink.drawn}"{gap}'

    return _CLASS.sub(attributes, _group(name))


def _pencilled(name: str, pencil: str) -> str:
    def attributes(match: re.Match[str]) -> str:
        cut = match[1].split()[0] in ("c", "cs")
        return 'fill="none"' if cut else f'fill="none" stroke="{pencil}" stroke-width="1" stroke-dasharray="3.4 3"'

    return _CLASS.sub(attributes, _group(name))
