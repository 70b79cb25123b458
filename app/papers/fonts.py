"""The typefaces that papers are set in, from packages: nothing depends on what a machine has installed."""

from functools import cache
from pathlib import Path

import fontpkg_noto_sans_arabic
import pylopdf_fonts_zh_cn
from fontTools.ttLib import TTFont

# Chinese, Latin, Greek, Cyrillic, kana; then the script of Uyghur and Kazakh.
_HAN = Path(pylopdf_fonts_zh_cn.__file__).parent
_ARABIC = Path(fontpkg_noto_sans_arabic.__file__).parent / "files"


@cache
def folders() -> list[str]:
    """Return the folders of the typefaces."""
    return [str(_HAN), str(_ARABIC)]


@cache
def _drawn_characters() -> frozenset[int]:
    files = [pylopdf_fonts_zh_cn.serif_path(), *_ARABIC.glob("*.ttf")]
    return frozenset().union(*(TTFont(file, lazy=True).getBestCmap() for file in files))


def drawable(text: str, most: int = 200) -> str:
    """Return a text of at most `most` characters, without what no typeface has (pictographs, rare scripts): a paper
    shows no empty boxes."""
    kept = " ".join("".join(char for char in text if ord(char) in _drawn_characters() or char.isspace()).split())
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + "…"
