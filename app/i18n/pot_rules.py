"""The rules of a pot as sentences, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.i18n.labels import CAPS, CHALLENGE, LEVELS, TIERS, word
from app.i18n.locale import counted, whole_yuan
from kernel.money import ratio, yuan


def rule_lines(rules: Mapping[str, Any], places: Mapping[str, str]) -> list[str]:
    """Return a pot's rules as sentences. `places`: the names of organisations by code."""
    if not rules:
        return []
    lines = [_ratio_line(rules), *_challenge_lines(rules), *_scope_lines(rules, places)]
    if rules.get("minimum_minor"):
        lines.append(_("单笔捐赠满 %(amount)s 元起配", amount=whole_yuan(rules["minimum_minor"])))
    caps = rules.get("caps") or {}
    lines += [
        _("%(cap)s %(amount)s 元", cap=str(label), amount=whole_yuan(caps[name]))
        for name, label in CAPS.items()
        if name in caps
    ]
    return lines


def _ratio_line(rules: Mapping[str, Any]) -> str:
    if random := rules.get("random"):
        least, most = ratio(random["least_bps"]), ratio(rules["ratio_bps"])
        return _("支付后随机配捐，比例 %(least)s 至 %(most)s", least=least, most=most)
    return _("每捐 1 元配捐 %(share)s 元", share=ratio(rules["ratio_bps"])[2:])


def _challenge_lines(rules: Mapping[str, Any]) -> list[str]:
    shown = {"donors": "{:,}".format, "raised_minor": yuan}
    goals = (rules.get("challenge") or {}).items()
    return [CHALLENGE[name] % {"goal": shown[name](goal)} for name, goal in goals]


def _scope_lines(rules: Mapping[str, Any], places: Mapping[str, str]) -> list[str]:
    scope = rules.get("scope") or {}
    lines = []
    if codes := scope.get("under"):
        lines.append(_("只支持：%(what)s", what=_("、").join(places.get(code, code) for code in codes)))
    if levels := scope.get("levels"):
        lines.append(_("只支持：%(what)s", what=_("、").join(word(LEVELS, level) for level in levels)))
    if tiers := scope.get("tiers"):
        lines.append(_("只支持：%(what)s", what=_("、").join(word(TIERS, tier) for tier in tiers)))
    if projects := scope.get("projects"):
        lines.append(counted("只支持 %(count)s 个指定项目", len(projects)))
    if rating := scope.get("minimum_rating"):
        lines.append(_("项目评级不低于 %(rating)s", rating=rating))
    return lines
