"""Why the engine refused a field, in the reader's words (msgids are Chinese; the engine's reasons are English)."""

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.i18n.labels import CAPS, PLAN
from app.i18n.refusals import refusal_text
from kernel.errors import Refusal
from kernel.money import yuan

# The first line whose pattern fits "field: reason" is said.
SAID: tuple[tuple[str, Any], ...] = (
    (r".*: must not hold control characters", _l("不能有特殊控制字符")),
    (r".*: must have at most", _l("内容太长")),
    (r"name: is taken", _l("已有同名的")),
    (r"(name|reference|summary): must not be empty", _l("请填写")),
    (r"rank:", _l("顺序应是 1 至 1000 的整数")),
    (r"kind:", _l("请选择类别")),
    (r"tier:", _l("请选择类别")),
    (r"mode: must be payment", _l("随机池只能在支付后配捐：若在提交时配捐，捐赠人可以取消后重新抽取")),
    (r"mode:", _l("请选择配捐时间")),
    (r"tranches: each amount", _l("每批金额应大于 0")),
    (r"tranches: one opens after", _l("有一批在活动的配捐结束以后才开放，配不到任何捐赠")),
    (r"tranches: two tranches", _l("两批额度不能在同一时间开放")),
    (r"ratio_bps:", _l("配捐比例应大于 0，最高 1:10")),
    (r"(minimum_minor|amount_minor|target_minor):", _l("请填写大于 0 的金额")),
    (r"scope\.levels:", _l("没有这一级")),
    (r"scope\.tiers:", _l("没有这一类项目")),
    (r"(scope\.minimum_)?rating:", _l("项目评级应是 0 至 5 的整数")),
    (r"scope\.under:", _l("有的地区不存在，请重新选择")),
    (r"scope\.projects:", _l("有的项目不存在，请重新选择")),
    (r"scope: no project", _l("没有项目能同时符合这些范围条件，谁也得不到配捐")),
    (r"caps\.\w+: is below", _l("低于最小一笔捐赠应得的配捐，这样的捐赠永远配不足")),
    (r"caps\.\w+: is above", _l("高于范围更大的上限，永远达不到")),
    (r"caps\.\w+:", _l("上限应大于 0；没有上限请留空")),
    (r"random\.least_bps: must", _l("最低比例不能高于最高比例")),
    (r"challenge: must ask", _l("人数和金额只能选一个")),
    (r"challenge: is missing", _l("请填写要达到的人数或金额")),
    (r"challenge\.\w+:", _l("目标应大于 0")),
    (r".*: does not belong", _l("这一类配捐池没有这项规则")),
    (r"valid_from: is after", _l("这时活动的配捐已经结束，规则用不到任何捐赠")),
    (r"valid_from:", _l("不能早于现在：已经承诺的配捐仍按原来的规则")),
    (r"slug: is used", _l("这个网址名已被其他活动使用")),
    (r"slug:", _l("只能用英文字母、数字和连字符，最多 60 个")),
    (r"ends_at: must be after", _l("结束时间应晚于开始时间")),
    (r"ends_at: has passed", _l("结束时间已过")),
    (r"windows\.\d+:", _l("配捐时段应有开始和结束，且结束晚于开始")),
    (r"durations:", _l("时长不能是负数")),
    (r"certificate_until: expires", _l("证书在活动结束前到期")),
    (r"\w+: is not a date", _l("不是日期")),
    (r"\w+: is missing", _l("请填写")),
    (r"organisation:", _l("没有这个地区，请重新选择")),
    (r"code:", _l("编号只能用 1 至 32 个英文字母、数字、- 或 _")),
    (r"currency:", _l("只支持人民币")),
)
_PATTERNS = tuple((re.compile(pattern), words) for pattern, words in SAID)
# What the fields of forms are called; those of lines in a table go by the table's name.
LABELS = {
    "name": _l("名称"),
    "slug": _l("网址名"),
    "host": _l("主办方（募捐组织）"),
    "opens_at": _l("开始（北京时间）"),
    "ends_at": _l("结束（北京时间）"),
    "windows": _l("配捐时段"),
    "organisation": _l("执行单位"),
    "tier": _l("类别"),
    "summary": _l("简介"),
    "target_minor": _l("目标金额（元）"),
    "amount_minor": _l("金额（元）"),
    "fund": _l("出资基金"),
    "rank": _l("顺序"),
    "kind": _l("类别"),
    "mode": _l("何时配捐"),
    "ratio_bps": _l("配捐比例"),
    "random.least_bps": _l("最低比例"),
    "challenge": _l("挑战"),
    "minimum_minor": _l("起配金额（元）"),
    "scope": _l("支持哪些项目"),
    "scope.levels": _l("级别"),
    "scope.tiers": _l("类别"),
    "scope.under": _l("地区（含其下各级）"),
    "scope.projects": _l("指定项目"),
    "rating": _l("评级"),
    "scope.minimum_rating": _l("最低评级（0 至 5）"),
    "tranches": _l("分批额度"),
    "valid_from": _l("从何时起"),
    "finishing_s": _l("等待支付中的捐赠（分钟）"),
    "late_s": _l("等待迟到的支付消息（小时）"),
    "notice_s": _l("公示期（天）"),
    **{f"caps.{name}": label for name, label in CAPS.items()},
    **PLAN,
}
# The field at which a refusal that names none is shown.
_AT = {
    "fund_short": "fund",
    "fund_unknown": "fund",
    "pot_short": "amount_minor",
    "slug_used": "slug",
    "organisation_unknown": "host",
}


def reason_text(name: str, reason: str) -> str:
    """Why a field was refused; a reason without words of its own is told as the engine says it."""
    told = f"{name.removeprefix('rules.').removeprefix('plan.')}: {reason}"
    return next((str(words) for pattern, words in _PATTERNS if pattern.match(told)), str(reason))


def refusal_words(refusal: Refusal) -> str:
    """What a refusal means, with the money that is there when there was too little."""
    told = refusal_text(refusal)
    if "available_minor" in refusal.params:
        told += _("现在可用 %(amount)s 元。", amount=yuan(refusal.params["available_minor"]))
    return told


def at_field(refusal: Refusal) -> dict[str, str]:
    """A refusal as faults of a form: field -> sentence; '' is the form as a whole."""
    if refusal.fields:
        return {name: reason_text(name, reason) for name, reason in refusal.fields.items()}
    return {_AT.get(refusal.code, ""): refusal_words(refusal)}


def label(name: str) -> str:
    """What a field is called; '' when it has no name of its own."""
    plain = name.removeprefix("plan.")
    return str(LABELS.get(plain) or LABELS.get(plain.split(".")[0], ""))


def labelled(name: str, said: str) -> str:
    """A sentence with the name of its field before it."""
    return f"{label(name)}{_('：')}{said}" if label(name) else said


def named_reasons(refusal: Refusal) -> list[str]:
    """The refused fields with their labels, for a page on which the fields themselves are not."""
    return [labelled(name, reason_text(name, reason)) for name, reason in refusal.fields.items()]
