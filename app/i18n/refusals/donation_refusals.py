"""The texts of refusals around donations, payments, refunds and receipts."""

from flask_babel import lazy_gettext as _l

DONATION_REFUSALS = {
    "already_paid": _l("这笔捐赠已经支付，不能取消；如需退款请联系主办方。"),
    "amount_invalid": _l("金额不对。"),
    "code_limit": _l("这个号码或邮箱今天要过 %(most)s 次验证码了，请明天再试，或联系我们。"),
    "code_over": _l("验证码已过期，或试错太多次，请重新获取。"),
    "confirm_required": _l("这笔捐赠超过来源的限额，放行须明确确认并写明原因。"),
    "contact_invalid": _l("请填写电话、邮箱或捐赠编号。"),
    "cookies_off": _l(
        "浏览器没有把本站的 Cookie 发回来，表单没有提交，没有产生捐赠，也没有扣款。"
        "请在浏览器设置里允许本站的 Cookie，退出无痕模式，或换手机自带的浏览器打开，再填一次。"
    ),
    "dispute_open": _l("这笔付款正在争议中，银行裁定之前不能退款，以免退两次。"),
    "donation_has_payment": _l("这笔捐赠已有另一笔付款，或这笔付款已属于另一笔捐赠。"),
    "donation_id_reserved": _l("捐赠编号的格式留给合作平台，请换一个编号。"),
    "donation_id_reused": _l("这张表单已经提交过一笔不同的捐赠。如果还想再捐一笔，请再次提交。"),
    "donation_not_unpaid": _l("这笔捐赠已经有支付，不能再收下另一笔。"),
    "donation_unknown": _l("没有这笔捐赠，或链接不完整。"),
    "donor_invalid": _l("请检查填写的联系方式。"),
    "donor_unknown": _l("没有找到这位捐赠人的个人信息，或已经注销。"),
    "erasure_awaits_payment": _l("这位捐赠人还有捐赠等待支付，请在支付完成或取消后再注销。"),
    "giving_paused": _l(
        "今天已捐了很多，或一小时内捐了很多次。请在 %(again_at)s（北京时间）之后再捐，或联系主办方。"
    ),
    "giving_unusual": _l("将捐赠 %(amount_minor)s 元，一小时内已捐 %(hour_count)s 次。请捐赠人确认后再提交。"),
    "not_refundable": _l("只有支付平台代收的已付款项可以在这里退款。"),
    "nothing_left": _l("这笔捐赠已全部退款，或退款正在路上。"),
    "own_code_wrong": _l("验证码不对，请再看一下。"),
    "paper_unavailable": _l("图片暂时做不出来，请稍后再试。"),
    "paper_unpaid": _l("付款到账后才有感谢状和海报。"),
    "paper_withdrawn": _l("这笔捐赠的款项已退回或有争议，感谢状和海报已收回。"),
    "payment_currency_differs": _l("这笔支付的币种与捐赠不同，只能退款、归到别的捐赠或说明原因后搁置。"),
    "payment_exception_ended": _l("这笔支付已经有了决定。"),
    "payment_exception_unknown": _l("没有这笔待决定的支付。"),
    "payment_processing": _l("支付正在处理，暂时不能取消。"),
    "payment_refused": _l("支付平台没有接受这笔支付。"),
    "payment_unavailable": _l("支付平台暂时没有响应。您的捐赠和配捐都已保留，请稍后再试。"),
    "promise_lapsed": _l("这笔捐赠已不在等待支付。"),
    "receipt_elsewhere": _l("这笔捐赠由您付款的平台收款，请在那里申请票据。"),
    "receipt_ended": _l("这份票据申请已经办结。"),
    "receipt_exists": _l("这笔捐赠已有一份票据申请。"),
    "receipt_invalid": _l("请检查票据信息。"),
    "receipt_issued": _l("票据已经开出，要作废请联系主办方。"),
    "receipt_limit": _l("这笔捐赠已申请过 %(most)s 次票据，请直接联系主办方。"),
    "receipt_number_taken": _l("这个票据号码已经登记过。"),
    "receipt_unknown": _l("没有这份票据申请。"),
    "receipt_unpaid": _l("付款到账后才能申请票据。"),
    "refund_exceeds": _l("退款超过了这笔捐赠的剩余金额，现在最多 %(left_minor)s 元。"),
    "refund_request_closed": _l("公示已结束，善款已进入项目，不能再申请退款。如有疑问请联系主办方。"),
    "refund_request_ended": _l("这份退款申请已经有了决定。"),
    "refund_request_limit": _l("这笔捐赠已申请过 %(most)s 次退款，请直接联系主办方。"),
    "refund_request_open": _l("已有一份退款申请在等待决定。"),
    "refund_request_unknown": _l("没有这份退款申请。"),
    "replaced_being_paid": _l("原来那笔已付款或正在付款，不能换。它不受影响，这一笔还没有提交。"),
    "replaced_unknown": _l("找不到要换掉的那笔捐赠，或者它不是您的。"),
    "too_many_unpaid": _l(
        "已有 %(donations)s 笔捐赠还没有支付，最多 %(most)s 笔。请先支付或取消其中几笔，再捐新的。"
    ),
    "unpaid_match_limit": _l(
        "为还没有支付的捐赠预留的配捐已到上限。可以先支付之前的捐赠，稍后再捐；"
        "也可以现在就捐，暂不预留配捐，活动结束时配捐若有剩余会再补配。"
    ),
}
