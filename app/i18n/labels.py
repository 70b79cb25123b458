"""Labels of stable codes, one table per list of codes (msgids are Chinese; English is in the catalogue)."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

PHASES = {
    "draft": _l("草稿"),
    "scheduled": _l("即将开始"),
    "open": _l("进行中"),
    "ended": _l("已结束"),
    "settling": _l("结算中"),
    "reconciling": _l("对账中"),
    "notice": _l("公示中"),
    "released": _l("已公示，款项可拨付"),
    "archived": _l("已归档"),
    "cancelled": _l("已取消"),
}
STATUSES = {
    "pending": _l("待支付"),
    "paying": _l("支付中"),
    "paid": _l("已支付"),
    "settled": _l("已到账"),
    "cancelled": _l("已取消"),
    "expired": _l("已超时"),
    "failed": _l("支付失败"),
    "refunded": _l("已退款"),
    "disputed": _l("有争议"),
}
PROJECT_STATUSES = {
    "draft": _l("草稿"),
    "review": _l("立项评审"),
    "approved": _l("已立项"),
    "fundraising": _l("筹款中"),
    "executing": _l("执行中"),
    "evaluated": _l("已评估"),
    "closed": _l("已结项"),
    "suspended": _l("已暂停"),
    "blacklisted": _l("已列入黑名单"),
}
LEVELS = {"city": _l("市级"), "county": _l("县区"), "township": _l("乡镇街道"), "village": _l("村（社区）")}
TIERS = {"brand": _l("市级品牌项目"), "special": _l("县区专项项目"), "micro": _l("村级微项目")}
STANDINGS = {"county": _l("县区"), "township": _l("乡镇街道"), "village": _l("村（社区）"), "team": _l("团队")}
FUND_KINDS = {
    "special": _l("专项基金"),
    "community": _l("社区发展基金"),
    "rural": _l("乡村振兴基金"),
    "unit": _l("单位基金"),
    "personal": _l("个人微基金"),
    "consumption": _l("消费捐基金"),
}
CAUSES = {
    "missing_here": _l("对方有、我方无"),
    "missing_there": _l("我方有、对方无"),
    "amount": _l("金额不符"),
    "duplicate": _l("重复"),
    "late": _l("迟到"),
    "refund": _l("退款"),
    "fee": _l("手续费"),
    "dispute": _l("争议"),
    "adjustment": _l("调整"),
    "payment_exception": _l("支付与捐赠不符、待处理"),
    "missing_statement": _l("缺对账单"),
    "contradiction": _l("同一流水前后不一"),
}
DISCREPANCY_STATES = {
    "open": _l("待核对"),
    "matched": _l("已核对"),
    "booked": _l("已调账"),
    "signed_off": _l("已签字"),
}
STEPS = {
    "pledged": _l("提交捐赠"),
    "partner": _l("合作平台推送"),
    "payment_opened": _l("打开支付"),
    "payment_succeeded": _l("支付成功"),
    "payment_expired": _l("支付超时"),
    "payment_cancelled": _l("支付已关闭"),
    "cancelled_by_donor": _l("捐赠人取消"),
    "campaign_cancelled": _l("活动取消"),
    "entry_withdrawn": _l("项目退出活动"),
    "replaced": _l("换成了另一笔捐赠"),
    "hold_lapsed": _l("预留到期"),
    "refunded": _l("退款"),
    "dispute_opened": _l("付款出现争议"),
    "dispute_won": _l("争议已胜诉"),
    "dispute_lost": _l("争议已败诉"),
    "paid_other_amount": _l("支付成功，金额与提交时不同"),
    "payment_differs": _l("支付与捐赠不符，转人工处理"),
    "payment_taken": _l("人工确认支付"),
    "payment_attached": _l("人工把一笔支付归到这笔捐赠"),
    "payment_unanswered": _l("支付方长时间没有答复"),
    "money_back": _l("退回的款项又回到账上"),
    "on_statement": _l("对账单已核对"),
}
REFUND_STATES = {
    "requested": _l("待发送"),
    "sent": _l("已发送"),
    "succeeded": _l("退款成功"),
    "failed": _l("没有退成，款项已回到账上"),
    "refused": _l("被拒绝"),
}
SIGNALS = {
    "small_instrument": _l("同一支付工具多笔小额"),
    "small_donor": _l("同一捐赠人或设备多笔小额"),
    "same_sum": _l("多位新捐赠人短时间内向同一项目捐同一金额"),
    "at_cap": _l("多笔金额恰好在配捐上限"),
    "refund_after_match": _l("获得配捐后多次退款"),
    "rapid_giving": _l("同一捐赠人短时间内多次或大额捐赠"),
    "staff": _l("捐赠人是项目执行机构或上级机构的人员"),
    "unit_burst": _l("同一团队或来源短时间内大量相同金额"),
    "instrument_cap": _l("同一支付工具以不同身份超过每人配捐上限"),
    "small_device": _l("同一设备以不同身份多笔小额"),
    "at_cap_device": _l("同一设备以不同身份多笔恰好在配捐上限"),
    "refund_device": _l("同一设备以不同身份获得配捐后多次退款"),
    "watched_donor": _l("捐赠人在重点核实名单上"),
    "watched_instrument": _l("支付工具在重点核实名单上"),
    "watched_device": _l("设备在重点核实名单上"),
    "fraud_warning": _l("卡组织预警：这笔付款可能是欺诈"),
    "project_frozen": _l("项目的配捐被整体暂缓"),
    "by_hand": _l("人工提出"),
}
THRESHOLDS = {
    "small_minor": _l("小额：单笔不超过"),
    "small_count": _l("小额：同一人或同一支付工具达到"),
    "small_within_s": _l("小额：前后时间"),
    "same_sum_count": _l("同项目同金额：新捐赠人达到"),
    "same_sum_within_s": _l("同项目同金额：时间"),
    "same_sum_share_bps": _l("同项目同金额：占同期捐赠的比例达到"),
    "at_cap_below_bps": _l("恰好在上限：低于上限不超过"),
    "at_cap_count": _l("恰好在上限：同一人达到"),
    "refund_count": _l("配捐后退款：同一人达到"),
    "rapid_count": _l("短时间多次：同一捐赠人达到"),
    "rapid_minor": _l("短时间大额：同一捐赠人合计达到"),
    "rapid_within_s": _l("短时间多次或大额：时间"),
    "unit_count": _l("同团队或来源同金额：达到"),
    "unit_within_s": _l("同团队或来源同金额：时间"),
    "unit_share_bps": _l("同团队或来源同金额：占同期捐赠的比例达到"),
    "device_donors": _l("同一设备：不同捐赠人达到"),
    "device_small_count": _l("同一设备：小额达到"),
    "device_at_cap_count": _l("同一设备：恰好在上限达到"),
    "device_refund_count": _l("同一设备：配捐后退款达到"),
}
UNITS = {"_minor": _l("元"), "_bps": "%", "_s": _l("秒"), "_count": _l("笔"), "_donors": _l("人")}
WATCHED = {"donor": _l("捐赠人"), "instrument": _l("支付工具"), "device": _l("设备")}
CASE_STATES = {"open": _l("待复核"), "released": _l("已恢复配捐"), "cancelled": _l("已取消配捐")}
SCOPE = {
    "levels": _l("不支持这一级的项目"),
    "tiers": _l("不支持这一类项目"),
    "under": _l("只支持指定地区的项目"),
    "projects": _l("只支持指定的项目"),
    "minimum_rating": _l("项目评级不够"),
    "locked": _l("挑战目标当时还没有达到，此池没有解锁"),
    "paused": _l("此池当时暂停配捐"),
    "payment": _l("付款后才配捐"),
    "pledge": _l("提交捐赠时已经问过"),
}
CAPS = {
    "donation_minor": _l("每笔配捐上限"),
    "donor_day_minor": _l("每人每天配捐上限"),
    "donor_minor": _l("每人配捐上限"),
    "project_minor": _l("每个项目配捐上限"),
    "county_minor": _l("每个县区配捐上限"),
}
POT_KINDS = {"ratio": _l("按比例"), "random": _l("随机"), "challenge": _l("挑战")}
POT_MODES = {"reserve": _l("提交时预留"), "payment": _l("支付后配捐")}
FUNDING = {
    "tranche": _l("一批额度"),
    "top_up": _l("追加"),
    "reduction": _l("减少"),
    "withdrawn": _l("收回一批额度"),
    "returned": _l("活动结束退回基金"),
}
TRANCHE_STATES = {"closed": _l("待开放"), "open": _l("已开放"), "withdrawn": _l("已收回")}
POT_ACTS = {
    "pot.create": _l("建立配捐池"),
    "pot.rules": _l("新规则"),
    "pot.top_up": _l("追加"),
    "pot.reduce": _l("减少"),
    "pot.pause": _l("暂停配捐池"),
    "pot.resume": _l("恢复配捐池"),
    "pot.move_tranche": _l("改一批额度的开放时间"),
    "pot.withdraw_tranche": _l("收回一批额度"),
}
RULE_STAGES = {"past": _l("已失效"), "in_force": _l("现行"), "coming": _l("尚未生效")}
CUTS = {"pot": _l("池中余额不足"), "minimum_minor": _l("未达到起配金额"), **CAPS}
HOLD_STATES = {
    "reserved": _l("支付中预留"),
    "captured": _l("已配"),
    "released": _l("已放回"),
    "held": _l("复核中"),
}
CHALLENGE = {
    "donors": _l("挑战：本活动捐赠人数达到 %(goal)s 人后解锁"),
    "raised_minor": _l("挑战：本活动筹款达到 %(goal)s 元后解锁"),
}
PLAN = {
    "purpose": _l("募捐目的"),
    "area": _l("活动地域"),
    "responsible": _l("活动负责人"),
    "address": _l("办公地址"),
    "ways_to_give": _l("接受捐赠方式"),
    "bank_account": _l("银行账户"),
    "beneficiaries": _l("受益人"),
    "use_of_funds": _l("募得款物用途"),
    "cost_minor": _l("募捐成本"),
    "surplus_rule": _l("剩余财产的处理"),
    "certificate_no": _l("公开募捐资格证书编号"),
    "certificate_until": _l("证书有效期至"),
    "filing_no": _l("募捐方案备案编号"),
    "filed_at": _l("备案日期"),
    "platform_name": _l("指定的互联网募捐信息平台"),
    "platform_url": _l("平台网址"),
    "certificate_holder": _l("公开募捐资格证书持有人（法定名称）"),
    "privacy_assessment": _l("个人信息保护影响评估编号"),
    "privacy_assessed_at": _l("评估日期"),
}
ROLES = {
    "admin": _l("系统管理员"),
    "manager": _l("活动经理"),
    "reviewer": _l("立项评审"),
    "finance": _l("财务"),
    "auditor": _l("审计与监事"),
    "liaison": _l("村联络员"),
}
ACCOUNT_STATES = {"on": _l("在用"), "no_password": _l("还没有设密码"), "off": _l("已停用")}
CHANNELS = {
    "web": _l("网页"),
    "api": _l("接口"),
    "partner": _l("合作平台"),
    "offline": _l("线下"),
    "livestream": _l("直播"),
    "video": _l("短视频"),
    "monthly": _l("月捐"),
    "poster": _l("海报"),
    "station": _l("站点"),
    "behaviour": _l("行为捐"),
    "consumption": _l("消费捐"),
}
INBOX_STATES = {
    "new": _l("待处理"),
    "done": _l("已处理"),
    "ignored": _l("无需处理"),
    "waiting": _l("等待"),
    "flagged": _l("存疑"),
    "dismissed": _l("已搁置"),
}
INBOX_QUEUES = {"open": _l("待办"), "foreign": _l("别的店铺"), "dismissed": _l("已搁置")}
EXCEPTION_REASONS = {
    "currency": _l("币种与捐赠不同"),
    "above_maximum": _l("比提交的多，而且超过单笔上限"),
    "nothing_received": _l("支付成功，但金额是 0"),
    "second_payment": _l("这笔捐赠已经付过一次"),
}
EXCEPTION_STATES = {
    "open": _l("待决定"),
    "taken": _l("已收下"),
    "refunding": _l("退款中"),
    "refunded": _l("已退回"),
    "attached": _l("已归到别的捐赠"),
    "dismissed": _l("已搁置"),
}
IMPORT_KINDS = {
    "donations": _l("线下捐赠"),
    "statement": _l("平台账单"),
    "bank": _l("银行对账单"),
    "payment_report": _l("银行付款回执"),
    "projects": _l("项目"),
    "network": _l("组织网络"),
    "receipts": _l("财政票据回执"),
}
IMPORT_STATES = {
    "checking": _l("读取中"),
    "ready": _l("待确认"),
    "confirmed": _l("导入中"),
    "done": _l("已导入"),
    "refused": _l("有错误"),
    "changed": _l("情况有变化"),
    "failed": _l("出错"),
    "expired": _l("未确认"),
}


def word(table: Mapping[str, Any], code: str) -> str:
    """Return the label of a code; a code without a label stands for itself."""
    return str(table.get(code, code))
