"""Suggested causes and remedies for differences, in words. They never decide anything."""

from flask_babel import lazy_gettext as _l

from campaigns.closing.bank.bank_differences import BANK
from campaigns.closing.models import Discrepancy

SUGGESTIONS = {
    "missing_here": _l(
        "平台收了款，我方没有这笔捐赠。先查待办消息和不符的支付；确是他人的钱或无法归属，签字记入“他人款项”或暂记款。"
    ),
    "missing_there": _l("我方有捐赠，对账单没有。先导入当天账单；平台补上后自动核对，确认不会有则退款或签字。"),
    "amount": _l("两边金额不同。核对支付平台的原始记录；以实际到账为准，差额签字，记到它的原因上。"),
    "duplicate": _l("同一笔捐赠收了多次款。请在支付平台退回多收的，退款到账单后自动核对。"),
    "late": _l("活动结束后才收的款。联系捐赠人：退回，或归入另一项活动。"),
    "refund": _l("两边退款金额不同。查支付平台的退款记录；我方缺的退款消息到了会自动核对。"),
    "fee": _l("手续费所属的捐赠不在我方。核对后签字，记入“支付平台另收费用”。"),
    "dispute": _l(
        "平台因争议（拒付）扣了款，我方账上没有，或没有对应的捐赠。查平台的争议记录；争议消息到了会自动核对。"
    ),
    "adjustment": _l("支付平台的调整项。看平台的说明后签字。"),
    "payment_exception": _l("这笔支付在“不符的支付”待办里，先在那里处理。"),
    "contradiction": _l(
        "同一流水先后有两种说法，或后一份账单没有它；都保留，先按第一种核对。请对方确认：第一种对就签字，不另记账；合作平台的后一份账单对，就改用它（一条，或整份）。"
    ),
    "missing_statement": _l("等合作平台的账单；平台确认当天无交易时，登记“无交易日”。"),
}
AT_BANK = {
    "missing_here": _l(
        "银行有这笔流水，账上没有。入账的：可能是直接汇款的捐赠或基金款，登记入账后自动核对；出账的：查拨付计划。"
    ),
    "missing_there": _l("账上已有，银行对账单没有。确认导入了这几天的对账单；平台说已提现的，请平台查询。"),
    "amount": _l("银行到账与账上不同，多半是扣了费用。差额签字记入“银行手续费”。"),
    "duplicate": _l("同一参考号到账两次。联系付款方，多到的退回后自动核对。"),
    "late": _l("到账比预计晚。核对无误后签字，不记账。"),
    "refund": _l("银行退回了已到账的款。支付平台会另发一笔失败的提现，导入后自动核对。"),
    "fee": _l("银行扣的费用，账上没有。签字记入“银行手续费”。"),
}


def suggestion(difference: Discrepancy) -> str:
    """Return the likely cause of a difference and what helps."""
    table = AT_BANK if difference.provider == BANK else SUGGESTIONS
    return str(table.get(difference.cause, ""))
