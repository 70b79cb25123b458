"""Platforms in words: alarms, and why something of theirs was refused."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from campaigns.partner_alarms import Alarm, AlarmKind

ALARMS = {
    AlarmKind.SILENT: _l("没有动静"),
    AlarmKind.REFUSED: _l("被拒太多"),
    AlarmKind.WAITING: _l("消息在等"),
    AlarmKind.BILL: _l("账单没到"),
}


def alarm_line(alarm: Alarm) -> str:
    """Return what is unusual of a platform, in one sentence."""
    match alarm.kind:
        case AlarmKind.SILENT:
            return _("%(title)s：活动进行中，两个多小时没有消息", title=alarm.title)
        case AlarmKind.REFUSED:
            return _("%(title)s：今天有 %(count)s 条消息被拒绝", title=alarm.title, count=alarm.pieces)
        case AlarmKind.WAITING:
            return _("%(title)s：%(count)s 条消息等了一个多小时", title=alarm.title, count=alarm.pieces)
        case AlarmKind.BILL:
            return _("%(title)s：昨天收了 %(count)s 笔，账单还没到", title=alarm.title, count=alarm.pieces)
