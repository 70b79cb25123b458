"""The typefaces of papers. They come from packages, so nothing depends on the fonts installed on a machine."""

from functools import cache
from pathlib import Path

import fontpkg_noto_sans_arabic
import pylopdf_fonts_zh_cn
from fontTools.ttLib import TTFont

# Chinese, Latin, Greek, Cyrillic and kana; then the script of Uyghur and Kazakh.
_HAN = Path(pylopdf_fonts_zh_cn.__file__).parent
_ARABIC = Path(fontpkg_noto_sans_arabic.__file__).parent / "files"


@cache
def folders() -> list[str]:
    """Return the directories of the typefaces."""
    return [str(_HAN), str(_ARABIC)]


@cache
def _drawn_characters() -> frozenset[int]:
    files = [pylopdf_fonts_zh_cn.serif_path(), *_ARABIC.glob("*.ttf")]
    return frozenset().union(*(TTFont(file, lazy=True).getBestCmap() for file in files))


def drawable(text: str, most: int = 200) -> str:
    """Return at most `most` characters of a text, without those that no typeface has (pictographs, rare scripts),
    so that a paper shows no empty boxes."""
    kept = " ".join("".join(char for char in text if ord(char) in _drawn_characters() or char.isspace()).split())
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + "…"
