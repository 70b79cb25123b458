"""Messages of providers and partners in words: what they report, why they wait, and what helps."""

from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.i18n.labels import word
from kernel.money import CURRENCY, yuan
from payments.partners.partner_events import OFFLINE

TYPES = {
    "donation.paid": _l("捐赠已支付"),
    "donation.refunded": _l("平台已退款"),
    "donation.refund_reversed": _l("退款没有成功，款项回到平台"),
    "payment_intent.succeeded": _l("支付成功"),
    "payment_intent.processing": _l("支付处理中"),
    "payment_intent.payment_failed": _l("支付失败"),
    "payment_intent.canceled": _l("支付已取消"),
    "checkout.session.expired": _l("收银台已过期"),
    "checkout.session.completed": _l("收银台已完成"),
    "charge.succeeded": _l("扣款成功"),
    "charge.refunded": _l("款项已退回"),
    "charge.refund.updated": _l("退款有变化"),
    "refund.created": _l("退款已提交"),
    "refund.updated": _l("退款有变化"),
    "refund.failed": _l("退款失败"),
    "charge.dispute.created": _l("付款出现争议"),
    "charge.dispute.updated": _l("争议有变化"),
    "charge.dispute.closed": _l("争议已裁定"),
    "charge.dispute.funds_withdrawn": _l("争议：款项被扣回"),
    "charge.dispute.funds_reinstated": _l("争议：款项已归还"),
    "radar.early_fraud_warning.created": _l("卡组织欺诈预警"),
}
# Why a message waits, was flagged or dismissed: the first part of its note -> a sentence, and what helps.
REASONS = {
    "above_limit": (
        _l("超过这个平台的限额，或未成年人的上限"),
        _l("核实后写明原因放行，或者调整平台的限额；未成年人的捐赠，先向监护人核实。"),
    ),
    "amount_differs": (_l("金额与已有的捐赠不一致"), _l("请与对方核对哪个金额是对的。")),
    "another_account": (
        _l("支付在另一个收款账户上，没有入账"),
        _l("请在支付平台核对它付给了谁；回调地址不要接收关联账户的消息。"),
    ),
    "before_payment": (_l("退款或争议先到，支付还没有到"), _l("支付到了会自动处理；一直不到，请与对方核对。")),
    "currency_differs": (_l("币种与捐赠不一致"), _l("在“与捐赠不符的支付”里决定。")),
    "donation_of_another_source": (_l("捐赠是从别处来的"), _l("请与对方核对捐赠编号。")),
    "donation_unknown": (_l("没有这笔捐赠"), _l("找到所属的捐赠，把它归过去；或者搁置。")),
    "failed": (_l("处理时程序出错"), _l("可以再试一次；再出错请找技术人员。")),
    "foreign": (_l("同一收款账户上别的店铺的支付"), _l("不用处理。如果其实是捐赠，可以归到那笔捐赠。")),
    "live_mode": (
        _l("支付平台的真实消息，而这里只配置了测试密钥，没有入账"),
        _l("请核对支付平台的回调地址和这里的密钥。"),
    ),
    "malformed": (_l("内容读不懂"), _l("请对方改正后重发，这一条可以搁置。")),
    "more_returned_than_came": (
        _l("退回的钱多于付来的钱，多出的已记为损失"),
        _l("请与对方核对退款总额；对方更正后会自动改正，这一条可以搁置。"),
    ),
    "no_campaign_then": (
        _l("支付时没有进行中的活动包含这个项目"),
        _l("项目参加活动后再试；不会参加，就搁置并请平台退款。"),
    ),
    "partner_paused": (
        _l("平台已暂停，先收下，不入账"),
        _l("恢复这个平台，就会自动处理；平台已经结束的，核实后再试一次就入账，不收就搁置并请平台退款。"),
    ),
    "payment_of_another_donation": (
        _l("这笔支付已经属于另一笔捐赠"),
        _l("请在支付平台核对它付的是哪一笔捐赠；如果那一笔已经入账，这一条可以搁置。"),
    ),
    "project_not_allowed": (
        _l("这个平台不能为这个项目收款"),
        _l("不该由它收款，就搁置并请平台退款。"),
    ),
    "project_differs": (_l("同一笔捐赠，再来时换了项目"), _l("请与对方核对哪个项目是对的。")),
    "donor_differs": (_l("同一笔捐赠，再来时换了捐赠人"), _l("请与对方核对是不是同一笔。")),
    "project_suspended": (
        _l("支付时项目已暂停或在黑名单上"),
        _l("项目恢复后自动处理；不再恢复，就搁置并请平台退款。"),
    ),
    "project_unknown": (
        _l("没有这个项目编号"),
        _l("写明是哪个项目，等它的消息都接着处理；编号写错的，请平台改正后重发，这一条搁置。"),
    ),
    "test_mode": (_l("支付平台的测试消息"), _l("不用处理。")),
}


# What helps where the money came offline, so that no platform can return it.
_OFFLINE_ADVICE = {
    "no_campaign_then": _l("项目参加活动后再试；不会参加，就搁置，把钱退给捐赠人。"),
    "project_suspended": _l("项目恢复后自动处理；不再恢复，就搁置，把钱退给捐赠人。"),
}
_OFFLINE = f"partner:{OFFLINE}"


class Reason(NamedTuple):
    """Why a message is on the desk, its figures, and what helps."""

    text: str
    detail: str
    advice: str


def type_text(kind: str) -> str:
    """Return what a message reports; a kind without a label stands for itself."""
    return word(TYPES, kind) if kind else _("未知的消息")


def reason_text(note: str, source: str) -> Reason:
    """Return why a message of a source is on the desk."""
    code, _colon, rest = note.partition(":")
    if code not in REASONS:
        return Reason(_("其他原因"), note, "") if note else Reason("", "", "")
    text, advice = REASONS[code]
    if source == _OFFLINE:
        advice = _OFFLINE_ADVICE.get(code, advice)
    return Reason(str(text), _detail(code, rest), str(advice))


def _detail(code: str, rest: str) -> str:
    if code != "amount_differs":
        return rest
    amount, _colon, currency = rest.partition(":")
    return money(int(amount), currency) if amount.isascii() and amount.isdigit() else rest


def money(amount_minor: int, currency: str) -> str:
    """Return an amount with its currency, which may be foreign."""
    if currency.upper() == CURRENCY:
        return _("%(amount)s 元", amount=yuan(amount_minor))
    return f"{yuan(amount_minor)} {currency.upper()}"
