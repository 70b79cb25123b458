"""The work that waits for a manager, in words."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.i18n.approvals import approval_text
from campaigns.waiting import Waiting, Work

WORKS = {
    Work.CASES: _l("复核"),
    Work.APPEALS: _l("申诉"),
    Work.REFUND_REQUESTS: _l("退款"),
    Work.PROJECTS: _l("项目"),
    Work.DISCREPANCIES: _l("差异"),
    Work.OBJECTIONS: _l("异议"),
    Work.PARTNER_SUMS: _l("平台"),
    Work.PAYMENTS: _l("支付"),
    Work.MESSAGES: _l("消息"),
    Work.RECEIPTS: _l("票据"),
    Work.QUESTIONS: _l("提问"),
    Work.WORDS: _l("留言"),
    Work.TEAMS: _l("队伍"),
    Work.SPENDINGS: _l("支出"),
    Work.GOODS: _l("物资"),
    Work.PAYOUT_PLANS: _l("拨付"),
    Work.DUTIES: _l("法定"),
    Work.PLEDGES: _l("承诺"),
    Work.AGREEMENTS: _l("协议"),
    Work.STATIONS: _l("站点"),
    Work.SELF_CHECKS: _l("自查"),
    Work.APPROVAL: _l("批准"),
}


def waiting_line(line: Waiting) -> str:
    """Describe waiting work in one sentence."""
    match line.work:
        case Work.CASES:
            return _("%(count)s 笔捐赠的配捐先留着，等复核", count=line.pieces)
        case Work.APPEALS:
            return _("%(count)s 件申诉等答复", count=line.pieces)
        case Work.REFUND_REQUESTS:
            return _("%(count)s 位捐赠人申请退款", count=line.pieces)
        case Work.PROJECTS:
            return _("%(count)s 个项目等评审", count=line.pieces)
        case Work.DISCREPANCIES if not line.campaign:
            return _("%(count)s 条不属于任何活动的对账差异没有结", count=line.pieces)
        case Work.OBJECTIONS:
            return _("%(count)s 件公示异议等答复", count=line.pieces)
        case Work.DISCREPANCIES:
            return _("%(count)s 条对账差异没有结", count=line.pieces)
        case Work.PARTNER_SUMS:
            return _("平台对合计提出 %(count)s 处不同，等答复", count=line.pieces)
        case Work.PAYMENTS:
            return _("%(count)s 笔支付与捐赠不符", count=line.pieces)
        case Work.MESSAGES:
            return _("%(count)s 条平台消息入不了账", count=line.pieces)
        case Work.RECEIPTS:
            return _("%(count)s 位捐赠人要捐赠票据", count=line.pieces)
        case Work.QUESTIONS:
            return _("%(count)s 位捐赠人有问题", count=line.pieces)
        case Work.WORDS:
            return _("%(count)s 条留言等人看过再公开", count=line.pieces)
        case Work.TEAMS:
            return _("%(count)s 支队伍等核对名称", count=line.pieces)
        case Work.SPENDINGS:
            return _("%(count)s 笔支出等核对", count=line.pieces)
        case Work.GOODS:
            return _("%(count)s 批物资等另一个人确认价值", count=line.pieces)
        case Work.AGREEMENTS:
            return _("%(count)s 份协议 30 天内到期", count=line.pieces)
        case Work.STATIONS:
            return _("%(count)s 个站点的清单还缺东西", count=line.pieces)
        case Work.SELF_CHECKS:
            return _("%(count)s 个单位还没有交活动后的自查表", count=line.pieces)
        case Work.PLEDGES:
            return _("%(count)s 笔承诺快到期或逾期", count=line.pieces)
        case Work.PAYOUT_PLANS:
            return _("%(count)s 份拨付计划等批准", count=line.pieces)
        case Work.DUTIES:
            return _("%(count)s 件法定事项快到期或已逾期", count=line.pieces)
        case _:
            assert line.approval is not None
            return approval_text(line.approval)


def work_label(line: Waiting) -> str:
    """Return the kind of waiting work in one word."""
    return str(WORKS[line.work])
