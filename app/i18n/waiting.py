"""The work that waits for a manager, in words."""

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from app.i18n.approvals import approval_text
from app.i18n.locale import counted
from campaigns.waiting import Waiting, Work

WORKS = {
    Work.CASES: _l("复核"),
    Work.APPEALS: _l("申诉"),
    Work.REFUND_REQUESTS: _l("退款"),
    Work.PROJECTS: _l("项目"),
    Work.DISCREPANCIES: _l("差异"),
    Work.OBJECTIONS: _l("异议举报"),
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


def waiting_line(line: Waiting, names: Mapping[str, str]) -> str:
    """Describe waiting work in one sentence. `names`: those of what the requested acts are about."""
    match line.work:
        case Work.CASES:
            return counted("%(count)s 笔捐赠的配捐先留着，等复核", line.pieces)
        case Work.APPEALS:
            return counted("%(count)s 件申诉等答复", line.pieces)
        case Work.REFUND_REQUESTS:
            return counted("%(count)s 位捐赠人申请退款", line.pieces)
        case Work.PROJECTS:
            return counted("%(count)s 个项目等评审", line.pieces)
        case Work.DISCREPANCIES if not line.campaign:
            return counted("%(count)s 条不属于任何活动的对账差异没有结", line.pieces)
        case Work.OBJECTIONS:
            return counted("%(count)s 件公示异议或举报等答复", line.pieces)
        case Work.DISCREPANCIES:
            return counted("%(count)s 条对账差异没有结", line.pieces)
        case Work.PARTNER_SUMS:
            return counted("平台对合计提出 %(count)s 处不同，等答复", line.pieces)
        case Work.PAYMENTS:
            return counted("%(count)s 笔支付与捐赠不符", line.pieces)
        case Work.MESSAGES:
            return counted("%(count)s 条平台消息入不了账", line.pieces)
        case Work.RECEIPTS:
            return counted("%(count)s 位捐赠人要捐赠票据", line.pieces)
        case Work.QUESTIONS:
            return counted("%(count)s 位捐赠人有问题", line.pieces)
        case Work.WORDS:
            return counted("%(count)s 条留言等人看过再公开", line.pieces)
        case Work.TEAMS:
            return counted("%(count)s 支队伍等核对名称", line.pieces)
        case Work.SPENDINGS:
            return counted("%(count)s 笔支出等核对", line.pieces)
        case Work.GOODS:
            return counted("%(count)s 批物资等确认价值", line.pieces)
        case Work.AGREEMENTS:
            return counted("%(count)s 份协议 30 天内到期", line.pieces)
        case Work.STATIONS:
            return counted("%(count)s 个站点的清单还缺东西", line.pieces)
        case Work.SELF_CHECKS:
            return counted("%(count)s 个单位还没有交活动后的自查表", line.pieces)
        case Work.PLEDGES:
            return counted("%(count)s 笔承诺快到期或逾期", line.pieces)
        case Work.PAYOUT_PLANS:
            return counted("%(count)s 份拨付计划等批准", line.pieces)
        case Work.DUTIES:
            return counted("%(count)s 件法定事项快到期或已逾期", line.pieces)
        case _:
            assert line.approval is not None
            return approval_text(line.approval, names)


def work_label(line: Waiting) -> str:
    """Return the kind of waiting work in one word."""
    return str(WORKS[line.work])
