"""Labels of form fields, and refusals as sentences at the fields of a form."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.i18n.accounting_labels import ACCOUNT_KINDS
from app.i18n.giving_labels import SHARES
from app.i18n.labels import CAPS, PLAN
from app.i18n.refusals.faults import fault_text
from app.i18n.refusals.refusals import refusal_text
from kernel.errors import Refusal

# A row of a table uses the label of the table.
LABELS = {
    **{f"accounts.{kind}": label for kind, label in ACCOUNT_KINDS.items()},
    "name": _l("名称"),
    "slug": _l("网址名"),
    "host": _l("主办方（募捐组织）"),
    "opens_at": _l("开始（北京时间）"),
    "ends_at": _l("结束（北京时间）"),
    "windows": _l("配捐时段"),
    "emergency": _l("为突发事件募捐"),
    "due_on": _l("期限"),
    "organisation": _l("执行单位"),
    "tier": _l("类别"),
    "summary": _l("简介"),
    "target_minor": _l("目标金额（元）"),
    "unit": _l("一份是什么"),
    "unit_price_minor": _l("一份多少钱（元）"),
    "unit_note": _l("怎么算的"),
    "budget": _l("预算"),
    "template": _l("样板"),
    "contact": _l("联系人"),
    "contact.name": _l("联系人姓名"),
    "contact.role": _l("联系人身份"),
    "contact.phone": _l("联系人电话"),
    "contact.consented": _l("联系人同意公开"),
    "file": _l("文件"),
    "caption": _l("拍的是什么"),
    "place": _l("在哪里"),
    "taken_on": _l("哪一天"),
    "people": _l("能认出来的人"),
    "consented": _l("同意公开"),
    "focus_x": _l("焦点"),
    "focus_y": _l("焦点"),
    "happened_on": _l("哪一天"),
    "title": _l("标题"),
    "text": _l("几句话"),
    "amount_minor": _l("金额（元）"),
    "fund": _l("出资基金"),
    "rank": _l("顺序"),
    "kind": _l("类别"),
    "mode": _l("何时配捐"),
    "among": _l("评谁"),
    "criterion": _l("按什么评"),
    "places": _l("几名"),
    "tie": _l("相同时"),
    "mark_minor": _l("要筹到多少（元）"),
    "year": _l("年份"),
    "money_minor": _l("款（元）"),
    "goods_minor": _l("物（折价，元）"),
    "online_bps": _l("线上占比"),
    "quantity": _l("数量"),
    "value_minor": _l("价值（元）"),
    "valued_by": _l("谁估的价"),
    "giver": _l("捐赠方"),
    "document": _l("凭据在哪里"),
    "received_on": _l("收到日期"),
    "organisation_code": _l("由哪一级接收（组织代码）"),
    "recipient": _l("发给谁"),
    "handed_on": _l("发放日期"),
    "evidence": _l("凭据在哪里"),
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
    "reason": _l("原因"),
    "tax_id": _l("统一社会信用代码"),
    "email": _l("邮箱"),
    "number": _l("号码"),
    "check_code": _l("校验码"),
    "issued_on": _l("开票日期"),
    "large": _l("大额捐赠"),
    "confirmed_by": _l("确认人"),
    "tranches": _l("分批额度"),
    "entries": _l("参加的项目"),
    "valid_from": _l("从何时起"),
    "gift_most_minor": _l("单笔最多（元）"),
    "day_most_minor": _l("每天合计最多（元）"),
    "day_most_count": _l("每天最多笔数"),
    "age_most_days": _l("支付最多多少天以前"),
    "projects": _l("可为哪些项目收款"),
    "fees_from": _l("手续费"),
    "lowest_payee": _l("最低拨到"),
    "management_source": _l("上限的依据"),
    "surplus_to": _l("结余怎么处理"),
    "related": _l("关联关系"),
    "spent_on": _l("日期"),
    "document_no": _l("单据号"),
    "purpose": _l("用途"),
    "budget_row": _l("预算项"),
    "project": _l("项目"),
    "consent": _l("怎么同意的"),
    "consented_on": _l("同意的日期"),
    "source": _l("哪一笔"),
    "to": _l("给谁"),
    "to_project": _l("改给哪个项目（编号）"),
    "basis": _l("依据"),
    "reference": _l("银行凭据号"),
    "into": _l("并入哪里"),
    "role": _l("角色"),
    "paid_on": _l("付款日期"),
    "returned_on": _l("到账日期"),
    "signed_on": _l("签订"),
    "ends_on": _l("到期"),
    **SHARES,
    "finishing_s": _l("等待支付中的捐赠（分钟）"),
    "late_s": _l("等待迟到的支付消息（小时）"),
    "notice_s": _l("公示期（天）"),
    "self_check_s": _l("拨付后交自查表（天）"),
    **{f"caps.{name}": label for name, label in CAPS.items()},
    **PLAN,
}
# The field at which a refusal without fields is shown.
_AT = {
    "fund_short": "fund",
    "fund_unknown": "fund",
    "pot_short": "amount_minor",
    "slug_used": "slug",
    "organisation_unknown": "host",
    "word_missing": "word",
}


def at_fields(refusal: Refusal) -> dict[str, str]:
    """Return a refusal as faults of a form: field -> sentence. '' is the form as a whole."""
    if refusal.fields:
        return {name: fault_text(fault) for name, fault in refusal.fields.items()}
    return {_AT.get(refusal.code, ""): refusal_text(refusal)}


def label(name: str) -> str:
    """Return the label of a field; '' if it has none."""
    plain = name.removeprefix("plan.")
    return str(LABELS.get(plain) or LABELS.get(plain.split(".")[0], ""))


def labelled(name: str, sentence: str) -> str:
    """Return a sentence preceded by the label of its field."""
    return f"{label(name)}{_('：')}{sentence}" if label(name) else sentence


def named_faults(refusal: Refusal) -> list[str]:
    """Return the faults of the refused fields with their labels, for a page that does not show the fields."""
    return [labelled(name, fault_text(fault)) for name, fault in refusal.fields.items()]
