"""Texts of papers with emphasised parts, and the elements that all papers share."""

import re
from typing import Any

from flask_babel import gettext as _

from app.i18n.locale import language, whole_yuan
from app.papers.emblems import Ink, halves, seal
from app.papers.fonts import drawable

PAPER, CARD, RED, GOLD, PENCIL = "#F8F3E8", "#FFFDF8", "#A6211B", "#F3C862", "#D98B74"
_STRONG = re.compile("\x02(.*?)\x03", re.DOTALL)

Runs = list[tuple[str, bool]]


def runs(text: str, **values: str) -> Runs:
    """Return a text with its values filled in, each of them emphasised."""
    strong = {name: f"\x02{drawable(value)}\x03" for name, value in values.items()}
    parts = _STRONG.split(text % strong)
    return [(part, index % 2 == 1) for index, part in enumerate(parts) if part]


def yuan_text(amount_minor: int) -> str:
    """Return an amount in yuan with its unit."""
    return _("%(amount)s 元", amount=whole_yuan(amount_minor))


def face() -> dict[str, Any]:
    """Return what templates need besides the texts of a paper."""
    return {"language": language(), "brand": _("倍善"), "seal": seal("seal")}


def fold(theme: str, raised_minor: int, matched_minor: int) -> str:
    """Return the emblem across the fold between paper and red field, gold for the share of final match."""
    percent = matched_minor * 100 // raised_minor if raised_minor else 0
    return halves(theme, Ink(RED, PAPER), Ink(GOLD, RED), percent, PENCIL)
