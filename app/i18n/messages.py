"""Stable codes of the engine turned into words for people, in the reader's language (msgids are Chinese).

Used by pages and by the command `explain`; needs an application context for languages other than Chinese.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from app.i18n.labels import (
    CAPS,
    CASE_STATES,
    CAUSES,
    CHALLENGE,
    DISCREPANCY_STATES,
    FUND_KINDS,
    LEVELS,
    PHASES,
    PLAN,
    PROJECT_STATUSES,
    SCOPE,
    SEEKING,
    SIGNALS,
    STANDINGS,
    STATUSES,
    STEPS,
    THRESHOLDS,
    TIERS,
)
from app.i18n.locale import when
from campaigns.donations.explain import CapCut, DecisionExplanation, Explanation, PotExplanation, ReturnedMatch
from kernel.money import ratio, share, yuan

__all__ = [
    "CAPS",
    "CASE_STATES",
    "CAUSES",
    "CHALLENGE",
    "DISCREPANCY_STATES",
    "FUND_KINDS",
    "LEVELS",
    "PHASES",
    "PLAN",
    "PROJECT_STATUSES",
    "SCOPE",
    "SEEKING",
    "SIGNALS",
    "STANDINGS",
    "STATUSES",
    "STEPS",
    "THRESHOLDS",
    "TIERS",
    "decision_lines",
    "end_lines",
    "evidence_lines",
    "explain_lines",
    "limit_lines",
    "pot_text",
    "ratio",
    "rule_lines",
    "threshold_text",
    "word",
]


# When a pot unlocks or takes match over, it alone is asked: what the others hold has no part in it.
ASKED_ALONE = frozenset({"challenge", "redistribute"})


def word(table: Mapping[str, Any], code: str) -> str:
    """The word for a code; a code that is not in the table stands for itself."""
    return str(table.get(code, code))


def rule_lines(rules: Mapping[str, Any], places: Mapping[str, str]) -> list[str]:
    """A pot's rules in plain words; `places` names the codes of organisations."""
    if not rules:
        return []
    lines = [_ratio_line(rules), *_challenge_lines(rules), *_scope_lines(rules, places)]
    if rules.get("minimum_minor"):
        lines.append(_("单笔捐赠满 %(amount)s 元起配", amount=yuan(rules["minimum_minor"])))
    caps = rules.get("caps") or {}
    lines += [
        _("%(cap)s %(amount)s 元", cap=str(label), amount=yuan(caps[name]))
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
        lines.append(_("只支持 %(count)s 个指定项目", count=len(projects)))
    if rating := scope.get("minimum_rating"):
        lines.append(_("项目评级不低于 %(rating)s", rating=rating))
    return lines


def explain_lines(told: Explanation) -> list[str]:
    """One donation's match in plain words, a line each: every time match was sought, pot by pot."""
    lines = [line for decision in told.decisions for line in decision_lines(decision)] + end_lines(told)
    return [*_amount_lines(told), *lines]


def _amount_lines(told: Explanation) -> list[str]:
    """A line when another amount was paid than was pledged."""
    if told.pledged_minor is None:
        return []
    amounts = {"pledged": yuan(told.pledged_minor), "paid": yuan(told.amount_minor)}
    return [_("提交时为 %(pledged)s 元，支付方实际收到 %(paid)s 元，按实收计。", **amounts)]


def end_lines(told: Explanation) -> list[str]:
    """Match that this donation no longer has, a line each: holds that ended, and what left it again."""
    held = [
        _("预留的 %(amount)s 元配捐已放回“%(pot)s”。", pot=hold.pot_name, amount=yuan(hold.amount_minor))
        for hold in told.holds
        if hold.state == "released"
    ]
    return held + [_gone_text(gone) for gone in told.returns]


def _gone_text(gone: ReturnedMatch) -> str:
    where = {"pot": gone.pot_name, "amount": yuan(gone.amount_minor)}
    if gone.cause == "moved":
        return _("%(amount)s 元配捐从“%(pot)s”改由顺序在前的池承担。", **where)
    if gone.cause == "review":
        if gone.to_fund:
            return _("经人工复核，“%(pot)s”的 %(amount)s 元配捐退回其基金。", **where)
        return _("经人工复核，%(amount)s 元配捐退回“%(pot)s”。", **where)
    if gone.to_fund:
        return _("因退款，“%(pot)s”的 %(amount)s 元配捐退回其基金。", **where)
    return _("因退款，%(amount)s 元配捐退回“%(pot)s”。", **where)


def decision_lines(decision: DecisionExplanation) -> list[str]:
    """One time that match was sought."""
    head = _("%(time)s，%(cause)s：", time=when(decision.decided_at), cause=word(SEEKING, decision.cause))
    if decision.blacklisted:
        return [head + _("项目当时在黑名单中，没有询问配捐池。")]
    if not decision.window_open:
        return [head + _("不在配捐时段内，没有询问配捐池。")]
    if not decision.pots:
        return [head + _("没有可用的配捐池。")]
    pots = decision.pots
    if decision.cause in ASKED_ALONE:
        pots = tuple(pot for pot in pots if pot.asked)
    names = {pot.pot_id: pot.pot_name for pot in decision.pots}
    return [head, *(pot_text(pot, names) for pot in pots)]


def pot_text(pot: PotExplanation, names: Mapping[int, str]) -> str:
    """What one pot said, and why; `names` tells the pot from which match moved."""
    if pot.out_of_scope:
        return _("“%(pot)s”：%(reason)s。", pot=pot.pot_name, reason=word(SCOPE, pot.out_of_scope))
    if not pot.asked:
        return _("“%(pot)s”：没有询问，前面的配捐池已经配足或此池在支付后才配。", pot=pot.pot_name)
    text = _(
        "“%(pot)s”（%(ratio)s）：待配 %(base)s 元，配捐 %(given)s 元，池中余额 %(before)s → %(after)s 元。",
        pot=pot.pot_name,
        ratio=ratio(pot.ratio_bps),
        base=yuan(pot.base_minor),
        given=yuan(pot.given_minor),
        before=yuan(pot.before_minor),
        after=yuan(pot.after_minor),
    )
    if pot.moved_from is not None:
        text += _("这部分配捐原由“%(pot)s”承担，总额不变。", pot=names.get(pot.moved_from, str(pot.moved_from)))
    elif _drawn(pot):
        text += _("按支付后随机抽取的比例配捐。")
    return text + "".join(_cut_text(cut) for cut in pot.cuts)


def _drawn(pot: PotExplanation) -> bool:
    """Did a draw make this less? Only a random pot gives less than its ratio without a cut that says why."""
    return not pot.cuts and pot.due_minor < share(pot.base_minor, pot.ratio_bps)


def _cut_text(cut: CapCut) -> str:
    by, limit_minor, left_minor = cut.by, cut.limit_minor, cut.left_minor
    if by == "moved":
        return _("没有更多配捐可移入。")
    if by == "pot":
        return _("池中只剩 %(left)s 元。", left=yuan(left_minor))
    if by == "minimum_minor":
        return _("未达到起配金额 %(limit)s 元。", limit=yuan(limit_minor))
    return _(
        "受限于%(cap)s %(limit)s 元，尚余 %(left)s 元。",
        cap=word(CAPS, by),
        limit=yuan(limit_minor),
        left=yuan(left_minor),
    )


def evidence_lines(signals: Sequence[Mapping[str, Any]]) -> list[str]:
    """The signs of a case in plain words, a line each: what was counted, in numbers and yuan."""
    return [
        word(SIGNALS, one["code"]) + _("：") + (_("，").join(_counted(one["evidence"])) or _("见捐赠记录"))
        for one in signals
    ]


def limit_lines(signals: Sequence[Mapping[str, Any]]) -> list[str]:
    """The thresholds by which a case was judged, in plain words, each once; older cases have none written down."""
    judged = {name: value for one in signals for name, value in one["evidence"].get("limits", {}).items()}
    return [f"{label} {threshold_text(name, judged[name])}" for name, label in THRESHOLDS.items() if name in judged]


def threshold_text(name: str, value: int) -> str:
    """A threshold with its unit."""
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
    told: dict[str, Callable[[Any], str]] = {
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
        "over_minor": lambda value: _("超出 %(amount)s 元", amount=yuan(value)),
    }
    return [say(evidence[name]) for name, say in told.items() if evidence.get(name) is not None]
