"""Labels of stable codes around giving: themes, match decisions, payment methods, fraud warnings, refund requests,
and changes after the closing report."""

from flask_babel import lazy_gettext as _l

from app.i18n.labels import STATUSES

# The occasions on which match was decided.
SEEKING = {
    "pledge": _l("提交捐赠时"),
    "withheld": _l("提交捐赠时"),
    "payment": _l("支付到账时"),
    "late": _l("支付迟到时"),
    "arrival": _l("收到这笔支付的消息时"),
    "restore": _l("款项回到账上后再次询问配捐池时"),
    "corrected": _l("更正项目后再次询问配捐池时"),
    "reoffer": _l("再次询问配捐池时"),
    "challenge": _l("挑战池解锁后补配时"),
    "redistribute": _l("活动结束后改由顺序在前的池配捐时"),
}
THEMES = {
    "meals": _l("老年食堂"),
    "children": _l("儿童之家"),
    "lights": _l("村道路灯"),
    "water": _l("饮水改造"),
    "clinic": _l("卫生室"),
    "road": _l("修路"),
    "school": _l("村小"),
    "environment": _l("环境"),
    "other": _l("其他"),
}
# The people recognisable in a picture, and reasons to remove a picture.
PEOPLE_SHOWN = {
    "none": _l("没有人，或认不出来"),
    "adults": _l("有大人"),
    "children": _l("有孩子"),
}
REMOVALS = {
    "consent_withdrawn": _l("里面的人不同意了"),
    "wrong": _l("放错了"),
    "old": _l("旧了"),
}
REFUND_REQUEST_STATES = {
    "open": _l("等待决定"),
    "accepted": _l("已同意"),
    "declined": _l("未同意"),
}
TRIBUTES = {
    "honour": _l("祝福"),
    "memory": _l("纪念"),
}
SOURCE_KINDS = {"livestream": _l("直播"), "video": _l("短视频"), "poster": _l("海报"), "station": _l("站点")}
OUTGOING_TYPES = {
    "donation.matched": _l("捐赠得到配捐"),
    "donation.settled": _l("捐赠已到账"),
    "refund.booked": _l("退款已入账"),
    "campaign.phase": _l("活动进入新阶段"),
    "campaign.sums": _l("活动收款合计待核对"),
    "project.news": _l("村里的消息"),
}
SUMS_VERDICTS = {"confirmed": _l("已确认"), "contradicted": _l("有不同")}
DELIVERY_FAILURES = {
    "address_private": _l("地址在内网或本机"),
    "address_unknown": _l("找不到这个地址"),
    "address_insecure": _l("地址不是 https"),
    "no_response": _l("没有回应"),
    "unsubscribed": _l("订阅已结束"),
}
DELIVERY_STATES = {"due": _l("待发"), "held": _l("暂停中"), "sent": _l("已送达"), "failed": _l("没有送达")}
BILL_KINDS = {"trades": _l("交易账单"), "funds": _l("资金账单")}
BILL_STATES = {"taken": _l("已导入"), "empty": _l("当天没有"), "waits": _l("还没有")}
BILL_WAITS = {
    "": _l("等下载"),
    "bill_unreachable": _l("连不上对方"),
    "bill_refused": _l("对方拒绝"),
    "bill_not_ready": _l("对方还没有出账"),
    "bill_differs": _l("文件和对方说的不一致"),
    "bill_answer_unsigned": _l("回答没有有效签名"),
    "bill_key_missing": _l("没有有效的对方公钥"),
    "import_invalid": _l("账单有误"),
    "bill_day_has_lines": _l("对方说当天没有账单，但已有流水"),
}
PARTNER_STATES = {
    "draft": _l("准备中"),
    "test": _l("测试中"),
    "live": _l("已上线"),
    "paused": _l("已暂停"),
    "ended": _l("已结束"),
}
PARTNER_CHECKS = {
    "first_event": _l("收到第一笔支付"),
    "repeat": _l("同一条消息重发，只算一次"),
    "refund": _l("收到一笔退款"),
    "wrong_key": _l("签名不对的请求被拒绝"),
    "late": _l("收到一笔迟到的支付（付款 10 分钟以后才到）"),
    "bill": _l("账单与消息一致"),
    "minor": _l("收到一笔监护人同意的未成年人捐赠"),
}
RECEIPT_STATES = {
    "red_flushed": _l("已红冲"),
    "requested": _l("等待开票"),
    "issued": _l("已开票"),
    "withdrawn": _l("已撤回"),
    "waived": _l("已放弃"),
}
PAYER_KINDS = {
    "person": _l("个人"),
    "company": _l("单位"),
}
WORDS_STATES = {
    "waiting": _l("待看"),
    "shown": _l("已公开"),
    "hidden": _l("已隐藏"),
    "withdrawn": _l("捐赠人已撤回"),
}
TRACE_STAGES = {
    "paid": _l("付款"),
    "arrived": _l("到账"),
    "matched": _l("配捐定下"),
    "notice": _l("结果公示"),
    "disbursed": _l("可以拨付"),
    "paid_out": _l("拨给项目"),
    "spent": _l("村里花了"),
}
TEAM_KINDS = {
    "friends": _l("亲友"),
    "unit": _l("单位"),
    "company": _l("企业"),
    "school": _l("学校、班级"),
    "village": _l("同村同乡"),
}
TEAM_STATES = {
    "waiting": _l("待看"),
    "approved": _l("已公开"),
    "refused": _l("未同意"),
}
WORDS_SUSPICIONS = {
    "": _l("没有发现"),
    "contact": _l("可能含联系方式"),
}
FRAUD_TYPES = {
    "card_never_received": _l("卡在邮寄中丢失"),
    "fraudulent_card_application": _l("冒名申请的卡"),
    "made_with_counterfeit_card": _l("伪造的卡"),
    "made_with_lost_card": _l("遗失的卡"),
    "made_with_stolen_card": _l("被盗的卡"),
    "misc": _l("其他"),
    "unauthorized_use_of_card": _l("未经持卡人同意"),
}
PAYMENT_METHODS = {
    "card": _l("银行卡"),
    "alipay": _l("支付宝"),
    "wechat_pay": _l("微信支付"),
}
# How a donor consented that their donation counts for another project.
CONSENTS = {
    "letter": _l("书面"),
    "email": _l("邮件"),
    "message": _l("短信或微信"),
    "phone": _l("电话"),
    "in_person": _l("当面"),
}
# Kinds of transfers that correct a closing report.
CORRECTIONS = {
    "donation_received": _l("迟到的捐款"),
    "donation_refunded": _l("退款"),
    "donation_reinstated": _l("款项回到账上"),
    "donation_moved": _l("经捐赠人同意更正项目"),
    "match_captured": _l("补记配捐"),
    "match_returned": _l("退回配捐"),
    "match_moved": _l("调剂配捐"),
    "match_held": _l("配捐待查"),
    "match_cleared": _l("恢复配捐"),
}
APPROVAL_STATES = {
    "open": _l("待批准"),
    "approved": _l("已批准"),
    "declined": _l("未批准"),
    "expired": _l("无人批准，已过期"),
    "overtaken": _l("已另行处理，不用再批"),
}
# Actors other than managers, by their name in the audit trail.
ACTORS = {"command line": _l("命令行"), "scheduler": _l("系统定时任务"), "seed": _l("演示数据")}

# Reasons why money of a fund moved.
FUND_MOVEMENTS = {
    "deposit": _l("入账"),
    "deposit_corrected": _l("入账更正"),
    "pot_funded": _l("拨给配捐池"),
    "pot_reduced": _l("配捐池调减退回"),
    "pot_returned": _l("配捐池结余退回"),
    "match_returned": _l("退款或更正项目后配捐退回"),
    "surplus_to_fund": _l("项目结余归入"),
    "fund_moved": _l("基金之间划转"),
}

# Payouts: shares of a project's money, payee accounts, plans and remittances.
SHARES = {
    "share_project": _l("项目款"),
    "share_township": _l("乡镇统筹款"),
    "share_management": _l("管理费"),
    "share_fees": _l("抵手续费"),
}
AGE_BANDS = {"under_14": _l("未满 14 岁"), "under_18": _l("14 至 17 岁")}
AGREEMENT_KINDS = {
    "donation": _l("捐赠协议"),
    "partner": _l("合作公开募捐协议"),
    "fund": _l("专项基金协议"),
    "contract": _l("服务和采购合同"),
}
PLEDGE_STATES = {
    "open": _l("未到期"),
    "due": _l("快到期"),
    "overdue": _l("逾期"),
    "called": _l("已催告"),
    "paid": _l("已兑现"),
    "waived": _l("已免除"),
}
MANAGEMENT_STATES = {"within": _l("在上限以内"), "near": _l("接近上限"), "over": _l("超过上限")}
PURPOSE_BASES = {
    "filing": _l("变更募捐方案备案"),
    "consent": _l("捐赠人书面同意"),
    "notice": _l("公示后无异议"),
}
SURPLUS_WAYS = {
    "same_purpose": _l("用于目的相近的项目"),
    "same_township": _l("用于本乡镇的其他项目"),
    "fund": _l("归入基金"),
}
FEES_FROM = {"host": _l("由主办方承担"), "gifts": _l("从捐款中扣除")}
PAYEE_STATES = {"proposed": _l("待确认"), "active": _l("使用中"), "ended": _l("已停用")}
BANK_ANSWERS = {"pending": _l("银行处理中"), "accepted": _l("银行已受理"), "rejected": _l("银行拒付")}
PLAN_STATES = {
    "draft": _l("待批准"),
    "approved": _l("已批准，未送银行"),
    "sent": _l("已送银行"),
    "withdrawn": _l("已撤回"),
}
REMITTANCE_STATES = {
    "planned": _l("待批准"),
    "approved": _l("已批准"),
    "sent": _l("已送银行"),
    "paid": _l("已付款"),
    "returned": _l("被银行退回"),
    "withdrawn": _l("没有付"),
}
# The subject of a bank line according to the books, and how it was recognised.
BANK_CLAIMS = {
    "payout": _l("平台提现"),
    "settlement": _l("平台结算"),
    "deposit": _l("基金入账"),
    "paid_out": _l("对外付款"),
}
GOODS_BASES = {
    "invoice": _l("按发票"),
    "appraisal": _l("按评估"),
    "market_price": _l("按市场价"),
}
GOODS_STATES = {
    "entered": _l("待确认价值"),
    "confirmed": _l("已确认价值"),
    "withdrawn": _l("已撤回"),
}
SPENDING_STATES = {
    "entered": _l("待核对"),
    "checked": _l("已核对"),
    "sent_back": _l("退回待改"),
    "withdrawn": _l("已撤回"),
}
SAMPLE_STATES = {"checked": _l("已核对"), "question": _l("有疑问")}
# The questions of self-checks, phrased so that yes is the right answer.
CHECK_QUESTIONS = {
    "received": _l("收到的款项与拨付的一致"),
    "vouchers": _l("每笔支出都有凭证"),
    "published": _l("项目图片和进展已经公布"),
    "surplus": _l("结余多少、怎么用已经清楚"),
    "complaints": _l("没有未处理的投诉"),
}
CHECK_STATES = {"open": _l("待填写"), "late": _l("已逾期"), "done": _l("已填写")}
# The evidence on either side of a difference: a donation's status, a statement line, a bank line and its claim.
EVIDENCE_KINDS = {
    **STATUSES,
    **BANK_CLAIMS,
    "charge": _l("收款"),
    "refund": _l("退款"),
    "fee": _l("手续费"),
    "dispute": _l("争议"),
    "other": _l("调整"),
    "bank": _l("银行流水"),
    "second_bill": _l("同一流水的另一种说法"),
    "second_bill_lacks": _l("后一份账单没有这条流水"),
}
ANALYTICS = {
    "hour": _l("开始后的每个小时"),
    "channel": _l("渠道"),
    "county": _l("县区"),
    "band": _l("金额段"),
    "team": _l("团队"),
    "source": _l("来源代码"),
}
