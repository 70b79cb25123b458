"""The evidence of a screening case as sentences, in the reader's language."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from app.i18n.giving_labels import FRAUD_TYPES
from app.i18n.labels import SIGNALS, THRESHOLDS, word
from app.i18n.locale import when
from app.i18n.names import actor_name
from kernel.money import yuan


def reasons_text(signals: Sequence[str]) -> str:
    """Return the signals of a case as a part of a sentence to its donor."""
    labels = [word(SIGNALS, code) if code in SIGNALS else _("请人看一眼") for code in signals]
    return _("；").join(label[:1].lower() + label[1:] for label in labels)  # labels begin with a capital in English


def evidence_lines(signals: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the signals of a case, one sentence per signal with what was counted, in numbers and yuan."""
    return [
        word(SIGNALS, signal["code"]) + _("：") + (_("，").join(_counted(signal["evidence"])) or _("见捐赠记录"))
        for signal in signals
    ]


def limit_lines(signals: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the thresholds by which a case was judged, each once. Older cases have none on record."""
    judged = {name: value for signal in signals for name, value in signal["evidence"].get("limits", {}).items()}
    return [f"{label} {threshold_text(name, judged[name])}" for name, label in THRESHOLDS.items() if name in judged]


def threshold_text(name: str, value: int) -> str:
    """Return a threshold with its unit."""
    if name.endswith("_minor"):
        return _("%(amount)s 元", amount=yuan(value))
    if name.endswith("_s"):
        return _("%(seconds)s 秒", seconds=value)
    if name.endswith("_bps"):
        return f"{value / 100:g}%"
    if name.endswith("_donors"):
        return _("%(count)s 人", count=value)
    return _("%(count)s 笔", count=value)


def _counted(evidence: Mapping[str, Any]) -> list[str]:
    figures: dict[str, Callable[[Any], str]] = {
        "count": lambda value: _("%(count)s 笔", count=value),
        "entry": lambda value: _("名单第 %(number)s 项", number=value),
        "donors": lambda value: _("%(count)s 位不同捐赠人", count=value),
        "of": lambda value: _("同期共 %(count)s 笔", count=value),
        "within_s": lambda value: _("%(minutes)s 分钟内", minutes=value // 60),
        "sum_minor": lambda value: _("共 %(amount)s 元", amount=yuan(value)),
        "amount_minor": lambda value: _("每笔 %(amount)s 元", amount=yuan(value)),
        "cap_minor": lambda value: _("上限 %(amount)s 元", amount=yuan(value)),
        "refunded_minor": lambda value: _("退款 %(amount)s 元", amount=yuan(value)),
        "limit_minor": lambda value: _("上限 %(amount)s 元", amount=yuan(value)),
        "fraud_type": lambda value: word(FRAUD_TYPES, value),
        "warned_at": lambda value: when(datetime.fromisoformat(value)),
        "warning": str,
        "by": actor_name,
        "reason": str,
        "over_minor": lambda value: _("超出 %(amount)s 元", amount=yuan(value)),
    }
    return [say(evidence[name]) for name, say in figures.items() if evidence.get(name) is not None]
