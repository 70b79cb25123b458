"""What a campaign waits for, in words."""

from flask_babel import gettext as _

from app.i18n.locale import when
from campaigns.closing.waits import Wait


def wait_text(wait: Wait) -> str:
    """Return what a campaign waits for, in the reader's language."""
    match wait.code:
        case "paying":
            return _("%(count)s 笔支付中", count=wait.count)
        case "messages":
            return _("%(count)s 条消息待处理", count=wait.count)
        case "discrepancies":
            return _("对账差异 %(count)s 条", count=wait.count)
        case "bank":
            return _("银行差异 %(count)s 条", count=wait.count)
        case "cases":
            return _("复核 %(count)s 件", count=wait.count)
        case "objections":
            return _("%(count)s 件公示异议等答复", count=wait.count)
        case "partner_sums":
            return _("%(count)s 个平台对合计有不同意见，等答复", count=wait.count)
        case "payments":
            return _("与捐赠不符的支付 %(count)s 笔", count=wait.count)
        case "refunds":
            return _("%(count)s 笔退款在途", count=wait.count)
        case "refunds_failed":
            return _("%(count)s 笔退款没有成功，须人工退回", count=wait.count)
        case "outside":
            return _("%(count)s 笔须由平台或主办方退回", count=wait.count)
        case "disputes":
            return _("%(count)s 笔争议由银行裁定", count=wait.count)
        case "statement":
            return _("支付平台的对账单还没有取到")
        case "failed":
            return _("上次执行出错：%(detail)s（共 %(count)s 次）", detail=wait.detail, count=wait.count)
        case _:
            return _("到 %(time)s", time=when(wait.until)) if wait.until else wait.code
