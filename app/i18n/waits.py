"""What a campaign waits for, in words."""

from flask_babel import gettext as _

from app.i18n.locale import counted, when
from campaigns.closing.waits import Wait
from campaigns.lifecycle.phases import Phase


def wait_text(wait: Wait) -> str:
    """Return what a campaign waits for, in the reader's language."""
    match wait.code:
        case "paying":
            return counted("%(count)s 笔支付中", wait.count)
        case "messages":
            return counted("%(count)s 条消息待处理", wait.count)
        case "discrepancies":
            return counted("对账差异 %(count)s 条", wait.count)
        case "bank":
            return counted("银行差异 %(count)s 条", wait.count)
        case "cases":
            return counted("复核 %(count)s 件", wait.count)
        case "objections":
            return counted("%(count)s 件公示异议等答复", wait.count)
        case "partner_sums":
            return counted("%(count)s 个平台对合计有不同意见，等答复", wait.count)
        case "payments":
            return counted("与捐赠不符的支付 %(count)s 笔", wait.count)
        case "refunds":
            return counted("%(count)s 笔退款在途", wait.count)
        case "refunds_failed":
            return counted("%(count)s 笔退款没有成功，须人工退回", wait.count)
        case "outside":
            return counted("%(count)s 笔须由平台或主办方退回", wait.count)
        case "disputes":
            return counted("%(count)s 笔争议由银行裁定", wait.count)
        case "statement":
            return _("支付平台的对账单还没有取到")
        case "failed":
            return _("上次执行出错：%(detail)s（共 %(count)s 次）", detail=wait.detail, count=wait.count)
        case _:
            return _until(wait.detail, when(wait.until)) if wait.until else wait.code


def _until(phase: str, time: str) -> str:
    """Return what ends at the time at which a phase ends."""
    match phase:
        case Phase.SCHEDULED:
            return _("%(time)s 开始", time=time)
        case Phase.OPEN:
            return _("%(time)s 结束", time=time)
        case Phase.ENDED:
            return _("正在支付的人可以付到 %(time)s", time=time)
        case Phase.SETTLING:
            return _("迟到的支付消息收到 %(time)s", time=time)
        case Phase.NOTICE:
            return _("公示到 %(time)s", time=time)
        case _:
            return _("到 %(time)s", time=time)
