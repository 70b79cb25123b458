"""Texts about partner platforms: alarms, and why something of theirs was refused."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.i18n.locale import counted
from campaigns.intake.check_list import Check
from campaigns.partner_alarms import Alarm, AlarmKind

CHECK_HINTS = {
    Check.FIRST_EVENT: _l("发一笔 donation.paid：项目编号是你的，paid_at 是现在"),
    Check.REPEAT: _l("原样再发一次（同一个 id），回答 repeated 是 1"),
    Check.REFUND: _l("发 donation.refunded：同一个 donation_id，金额是到目前为止退的总数"),
    Check.WRONG_KEY: _l("随便用一个别的密钥签，回答 401 signature_invalid"),
    Check.LATE: _l("再发一笔 paid_at 在 10 分钟以前的支付"),
    Check.BILL: _l("交一份账单，和以上支付、退款一致，没有 faults 和 differences"),
}

MAPPING_PRESETS = {
    "wechatpay_v3": _l("微信支付 v3"),
    "alipay": _l("支付宝（RSA2）"),
    "signed_headers": _l("请求头里签名（示例）"),
}
ALARMS: Mapping[str, Any] = {
    AlarmKind.SILENT: _l("没有动静"),
    AlarmKind.REFUSED: _l("被拒太多"),
    AlarmKind.WAITING: _l("消息在等"),
    AlarmKind.BILL: _l("账单没到"),
}


def alarm_line(alarm: Alarm) -> str:
    """Describe an alarm about a platform in one sentence."""
    match alarm.kind:
        case AlarmKind.SILENT:
            return _("%(title)s：活动进行中，两个多小时没有消息", title=alarm.title)
        case AlarmKind.REFUSED:
            return counted("%(title)s：今天有 %(count)s 条消息被拒绝", alarm.pieces, title=alarm.title)
        case AlarmKind.WAITING:
            return counted("%(title)s：%(count)s 条消息等了一个多小时", alarm.pieces, title=alarm.title)
        case AlarmKind.BILL:
            return counted("%(title)s：昨天收了 %(count)s 笔，账单还没到", alarm.pieces, title=alarm.title)
