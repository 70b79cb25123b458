"""Sentences for acts that wait for a second person."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.i18n.accounting_labels import DIFFERENCE_ACCOUNTS
from app.i18n.giving_labels import PURPOSE_BASES, SURPLUS_WAYS
from app.i18n.labels import CASE_STATES, CAUSES, word
from app.i18n.locale import when
from app.i18n.names import source_name
from campaigns.approvals.models import Approval
from campaigns.approvals.names import named_arguments, source_of, subject_of
from campaigns.donations.donation_number import short_number_of
from kernel.money import yuan
from ledger.chart import AccountKind

PARTNER_LIMITS = {
    "gift_most_minor": _l("单笔最多（元）"),
    "day_most_minor": _l("每天合计最多（元）"),
    "day_most_count": _l("每天最多笔数"),
    "age_most_days": _l("支付最多多少天以前"),
}
ACTS = {
    "donation.refund": _l("退款 %(amount)s 元，捐赠 %(subject)s"),
    "donation.refund_donor": _l("退回一位捐赠人在本活动的全部捐赠，共 %(amount)s 元，其中一笔是 %(subject)s"),
    "donation.given_back": _l("登记 %(amount)s 元已在系统外退回，捐赠 %(subject)s"),
    "donations.given_back": _l(
        "登记%(source)s的 %(donations)s 笔捐赠已在系统外退回，共 %(amount)s 元：活动 %(subject)s"
    ),
    "donation.correct_project": _l("捐赠 %(subject)s 的 %(amount)s 元更正为项目 %(to_project)s"),
    "refund_request.accept": _l("同意退款申请：%(subject)s，退 %(amount)s 元"),
    "payment.refund": _l("退回异常支付：%(subject)s，%(amount)s 元"),
    "payment.take": _l("收下异常支付：%(subject)s，%(amount)s 元"),
    "payment.attach": _l("异常支付 %(amount)s 元归入捐赠 %(donation)s，原属：%(subject)s"),
    "discrepancy.sign_off": _l("差异签字，涉及 %(amount)s 元，差额记入%(account)s：%(source)s %(subject)s"),
    "discrepancy.take_second": _l("差异以后一份账单为准，涉及 %(amount)s 元：%(source)s %(subject)s"),
    "discrepancies.take_second": _l("%(source)s的 %(differences)s 条流水整份改用后一份账单，涉及 %(amount)s 元"),
    "discrepancies.sign_off": _l(
        "%(source)s的 %(differences)s 笔差异“%(cause)s”一并签字，不计正负共 %(amount)s 元，差额记入%(account)s"
    ),
    "discrepancy.rebook": _l("差异已记账的 %(amount)s 元改记%(account)s：%(source)s %(subject)s"),
    "discrepancy.reopen": _l("撤回差异的签字，冲回 %(amount)s 元：%(source)s %(subject)s"),
    "fund.correct_deposit": _l("入账 %(subject)s 更正为 %(right)s 元，账上相差 %(amount)s 元"),
    "fund.transfer": _l("基金 %(subject)s 划 %(right)s 元到基金 %(to_fund)s"),
    "goods.confirm": _l("确认物资的价值：%(subject)s"),
    "monthly.correct": _l("更正 %(subject)s %(month)s 收支月报里的数字，不计正负共改动 %(amount)s 元"),
    "pledge.waive": _l("免除承诺没有兑现的部分：%(subject)s"),
    "payout.approve": _l("批准拨付计划：%(subject)s，共 %(amount)s 元"),
    "spending.check": _l("核对支出：%(subject)s"),
    "project.change_purpose": _l(
        "项目 %(subject)s 的 %(right)s 元改给项目 %(to_project)s（备案 %(filing_no)s，%(basis)s）%(evidence)s"
    ),
    "project.use_surplus": _l("项目 %(subject)s 的结余 %(right)s 元：%(way)s，给 %(to)s"),
    "remittance.paid": _l(
        "登记拨款 %(amount)s 元已付给 %(subject)s（回单号 %(reference)s，%(paid_on)s）：%(evidence)s"
    ),
    "remittance.refused": _l("登记银行没有付拨款 %(amount)s 元给 %(subject)s，款项回到各项目"),
    "remittance.returned": _l(
        "登记给 %(subject)s 的拨款 %(amount)s 元退回（退回日期 %(returned_on)s），下一份计划重新拨付"
    ),
    "payee.confirm": _l("确认收款账户：%(subject)s，以后拨款打到这个账户"),
    "pot.reduce": _l("配捐池 %(subject)s 调减 %(amount)s 元，退回基金"),
    "pot.withdraw_tranche": _l("配捐池 %(subject)s 收回一批额度 %(amount)s 元，退回基金"),
    "campaign.cancel": _l("取消活动 %(subject)s：马上停止接受捐赠，善款全部退回，不能恢复"),
    "campaign.restore_listing": _l("活动 %(subject)s 的备案和公示恢复，重新接受捐赠"),
    "campaign.extend": _l("活动 %(subject)s 延长到 %(ends_at)s"),
    "person.admin": _l("把账号 %(login)s 设为管理员（范围：%(branch)s）"),
    "person.second_factor": _l("取消账号 %(login)s 的两步验证，由本人重新设置"),
    "token.activate": _l("启用第 %(subject)s 号令牌“%(label)s”，它有系统管理员的权限"),
    "partner.live": _l("合作平台 %(subject)s 上线：从此它的捐赠真正入账"),
    "partner.secret": _l("启用合作平台 %(subject)s 的第 %(secret_id)s 号签名密钥"),
    "partner.limits": _l("合作平台 %(subject)s 的限额或项目改为：%(limits)s"),
    "partner.map_code": _l("合作平台 %(subject)s 的项目编号“%(code)s”对应到项目 %(to_project)s"),
    "partner.mapping": _l("改变合作平台 %(subject)s 的通知格式、验签密钥或账单下载：%(shown)s"),
    "project.approve": _l("批准项目 %(subject)s 立项"),
    "case.release": _l("恢复个案的配捐：捐赠 %(subject)s"),
    "case.cancel": _l("取消个案的配捐：捐赠 %(subject)s"),
    "case.answer": _l("答复个案的申诉：捐赠 %(subject)s，改为：%(decision)s"),
}
_DONATION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Arguments that are shown unchanged, except that donation ids are shortened.
_STATED = (
    "donation",
    "login",
    "label",
    "filing_no",
    "evidence",
    "month",
    "code",
    "reference",
    "paid_on",
    "returned_on",
)


def approval_text(approval: Approval, names: Mapping[str, str]) -> str:
    """Describe the act that waits, in the reader's language. `names`: those of `campaigns.approvals.names`."""
    arguments = approval.arguments
    shown: dict[str, Any] = {
        "subject": _name(subject_of(approval), names),
        "amount": yuan(approval.stake_minor or 0),
    }
    if "ends_at" in arguments:
        shown["ends_at"] = when(datetime.fromisoformat(arguments["ends_at"]))
    shown |= {name: _short(arguments.get(name, "")) for name in _STATED}
    shown |= {name: _name(key, names) for name, key in named_arguments(approval).items()}
    shown["basis"] = word(PURPOSE_BASES, arguments.get("basis", "filing"))
    shown["way"] = word(SURPLUS_WAYS, arguments.get("way", ""))
    titles = {key.removeprefix("partner:"): name for key, name in names.items() if key.startswith("partner:")}
    shown |= {
        "source": source_name(arguments.get("provider") or names.get(source_of(approval), ""), titles),
        "cause": word(CAUSES, arguments.get("cause", "")),
        "differences": arguments.get("differences", 0),
        "donations": arguments.get("donations", 0),
        "account": word(DIFFERENCE_ACCOUNTS, arguments.get("account", AccountKind.SUSPENSE)),
    }
    if "project" in shown:
        shown["to_project"] = shown["project"]
    if "amount_minor" in arguments:
        shown["right"] = yuan(arguments["amount_minor"] or 0)
    shown.setdefault("branch", _("全市"))
    shown |= {"secret_id": arguments.get("secret_id", 0), "shown": arguments.get("shown", "")}
    shown["limits"] = _limits(arguments.get("limits") or {})
    shown["decision"] = word(CASE_STATES, arguments.get("decision") or "")
    return str(ACTS[approval.act]) % shown


def _name(key: str, names: Mapping[str, str]) -> str:
    """Return the name of what `kind:key` stands for, with its number if it has one; without a name its key."""
    id_ = key.partition(":")[2]
    if key not in names:
        return str(_short(id_))
    if not id_.isdigit() or key.startswith("organisation:"):
        return names[key]
    return str(_("%(name)s（%(id)s 号）", name=names[key], id=id_))


def _short(value: Any) -> Any:
    """Shorten the id of a donation to its number in lists; return any other value unchanged."""
    return short_number_of(UUID(value)) if isinstance(value, str) and _DONATION.fullmatch(value) else value


def _limits(limits: dict[str, Any]) -> str:
    texts = [f"{label} {_limit(name, limits[name])}" for name, label in PARTNER_LIMITS.items() if name in limits]
    if "projects" in limits:
        projects = limits["projects"]
        texts.append(_("全部项目") if projects is None else _("、").join(projects))
    return str(_("；").join(texts))


def _limit(name: str, limit: int | None) -> str:
    if limit is None:
        return str(_("不填"))
    return yuan(limit) if name.endswith("_minor") else f"{limit:,}"


def waiting_text(approval: Approval) -> str:
    """Return the message for the person who requested the act."""
    return str(
        _(
            "已提交，等第二个人批准（第 %(id)s 号，%(until)s 前）。现在还没有执行。",
            id=approval.id,
            until=when(approval.until),
        )
    )
