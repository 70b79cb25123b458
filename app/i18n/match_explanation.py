"""Explain a donation's match in sentences, in the reader's language.

For pages and for the command `explain`. Languages other than Chinese need an application context.
"""

from collections.abc import Mapping

from flask_babel import gettext as _

from app.i18n.giving_labels import SEEKING
from app.i18n.labels import CAPS, SCOPE, word
from app.i18n.locale import when
from campaigns.donations.corrections import Correction
from campaigns.donations.explain import CapCut, DecisionExplanation, Explanation, PotExplanation, ReturnedMatch
from kernel.money import ratio, yuan

# When a pot unlocks or takes match over, only that pot is asked, so the balances of the others do not matter.
ASKED_ALONE = frozenset({"challenge", "redistribute"})


def explain_lines(explanation: Explanation) -> list[str]:
    """Explain a donation's match, one sentence per line: for each allocation, pot by pot."""
    lines = [line for decision in explanation.decisions for line in decision_lines(decision)]
    return [*_amount_lines(explanation), *correction_lines(explanation), *lines, *end_lines(explanation)]


def correction_lines(explanation: Explanation) -> list[str]:
    """Return for each correction the donation's previous project, and the change of its match, if any."""
    return [_correction_text(correction) for correction in explanation.corrections]


def _correction_text(correction: Correction) -> str:
    was, now = yuan(correction.match_before_minor), yuan(correction.match_after_minor)
    details = {
        "time": when(correction.at),
        "before": correction.from_project,
        "after": correction.to_project,
        "now": now,
    }
    if was == now:
        return _("%(time)s，经捐赠人同意，项目由“%(before)s”更正为“%(after)s”；配捐仍为 %(now)s 元。", **details)
    return _(
        "%(time)s，经捐赠人同意，项目由“%(before)s”更正为“%(after)s”；配捐由 %(was)s 元变为 %(now)s 元。",
        was=was,
        **details,
    )


def _amount_lines(explanation: Explanation) -> list[str]:
    """Explain that the amount paid differs from the amount pledged, if it does."""
    if explanation.pledged_minor is None:
        return []
    amounts = {"pledged": yuan(explanation.pledged_minor), "paid": yuan(explanation.amount_minor)}
    return [_("提交时为 %(pledged)s 元，支付方实际收到 %(paid)s 元，按实收计。", **amounts)]


def end_lines(explanation: Explanation) -> list[str]:
    """Explain match that the donation no longer has: released reservations and returned match."""
    released = [
        _("预留的 %(amount)s 元配捐已放回“%(pot)s”。", pot=hold.pot_name, amount=yuan(hold.amount_minor))
        for hold in explanation.holds
        if hold.state == "released"
    ]
    return released + [_return_text(returned) for returned in explanation.returns]


def _return_text(returned: ReturnedMatch) -> str:
    where = {"pot": returned.pot_name, "amount": yuan(returned.amount_minor)}
    if returned.cause == "moved":
        return _("%(amount)s 元配捐从“%(pot)s”改由顺序在前的池承担。", **where)
    if returned.cause == "corrected":
        if returned.to_fund:
            return _("因更正项目，“%(pot)s”的 %(amount)s 元配捐退回其基金。", **where)
        return _("因更正项目，%(amount)s 元配捐退回“%(pot)s”，再为新项目询问。", **where)
    if returned.cause == "review":
        if returned.to_fund:
            return _("经人工复核，“%(pot)s”的 %(amount)s 元配捐退回其基金。", **where)
        return _("经人工复核，%(amount)s 元配捐退回“%(pot)s”。", **where)
    if returned.to_fund:
        return _("因退款，“%(pot)s”的 %(amount)s 元配捐退回其基金。", **where)
    return _("因退款，%(amount)s 元配捐退回“%(pot)s”。", **where)


def decision_lines(decision: DecisionExplanation) -> list[str]:
    """Explain one allocation of match: its time and cause, then pot by pot."""
    head = _("%(time)s，%(cause)s：", time=when(decision.decided_at), cause=word(SEEKING, decision.cause))
    if decision.blacklisted:
        return [head + _("项目当时在黑名单中，没有询问配捐池。")]
    if decision.cause == "withheld":
        return [head + _("为未支付的捐赠预留的配捐已到上限，没有询问配捐池。")]
    if not decision.window_open:
        return [head + _("不在配捐时段内，没有询问配捐池。")]
    if not decision.pots:
        return [head + _("没有可用的配捐池。")]
    pots = decision.pots
    if decision.cause in ASKED_ALONE:
        pots = tuple(pot for pot in pots if pot.evaluated)
    names = {pot.pot_id: pot.pot_name for pot in decision.pots}
    return [head, *(pot_text(pot, names) for pot in pots)]


def pot_text(pot: PotExplanation, names: Mapping[int, str]) -> str:
    """Explain what one pot gave, and why. `names`: the names of pots by id, for match that was moved."""
    if pot.out_of_scope:
        return _("“%(pot)s”：%(reason)s。", pot=pot.pot_name, reason=word(SCOPE, pot.out_of_scope))
    if not pot.evaluated:
        return _("“%(pot)s”：没有询问，前面的配捐池已经配足。", pot=pot.pot_name)
    text = _(
        "“%(pot)s”（%(ratio)s）：待配 %(base)s 元，配捐 %(given)s 元，池中余额 %(before)s → %(after)s 元。",
        pot=pot.pot_name,
        ratio=ratio(pot.ratio_bps) if pot.least_bps is None else _range_text(pot.least_bps, pot.ratio_bps),
        base=yuan(pot.base_minor),
        given=yuan(pot.given_minor),
        before=yuan(pot.before_minor),
        after=yuan(pot.after_minor),
    )
    if pot.moved_from is not None:
        text += _("这部分配捐原由“%(pot)s”承担，总额不变。", pot=names.get(pot.moved_from, str(pot.moved_from)))
    elif pot.least_bps is not None:
        text += _("按支付后随机抽取的比例配捐。")
    return text + "".join(_cut_text(cut) for cut in pot.cuts)


def _range_text(least_bps: int, most_bps: int) -> str:
    return _("%(least)s 至 %(most)s", least=ratio(least_bps), most=ratio(most_bps))


def _cut_text(cut: CapCut) -> str:
    by, limit_minor, left_minor = cut.by, cut.limit_minor, cut.left_minor
    if by == "moved":
        return _("没有更多配捐可移入。")
    if by == "pot":
        return _("池中只剩 %(left)s 元。", left=yuan(left_minor))
    if by == "minimum_minor":
        return _("未达到起配金额 %(limit)s 元。", limit=yuan(limit_minor))
    if left_minor == limit_minor:
        return _("受限于%(cap)s %(limit)s 元。", cap=word(CAPS, by), limit=yuan(limit_minor))
    return _(
        "受限于%(cap)s %(limit)s 元，之前已用 %(used)s 元。",
        cap=word(CAPS, by),
        limit=yuan(limit_minor),
        used=yuan(limit_minor - left_minor),
    )
