"""The words for the engine's stable codes, one table a kind (msgids are Chinese; English in the catalogue)."""

from flask_babel import lazy_gettext as _l

PHASES = {
    "draft": _l("草稿"),
    "scheduled": _l("即将开始"),
    "open": _l("进行中"),
    "ended": _l("已结束"),
    "settling": _l("结算中"),
    "reconciling": _l("对账中"),
    "notice": _l("公示中"),
    "released": _l("已公示，配捐已拨付"),
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
}
DISCREPANCY_STATES = {
    "open": _l("待处理"),
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
    "hold_lapsed": _l("预留到期"),
    "refunded": _l("退款"),
    "dispute_opened": _l("付款出现争议"),
    "dispute_won": _l("争议已胜诉"),
    "dispute_lost": _l("争议已败诉"),
    "on_statement": _l("对账单已核对"),
}
SEEKING = {
    "pledge": _l("提交捐赠时"),
    "payment": _l("支付到账时"),
    "late": _l("支付迟到时"),
    "reoffer": _l("再次询问配捐池时"),
    "challenge": _l("挑战池解锁后补配时"),
    "redistribute": _l("活动结束后改由顺序在前的池配捐时"),
}
SIGNALS = {
    "small_instrument": _l("同一支付工具多笔小额"),
    "small_donor": _l("同一捐赠人或设备多笔小额"),
    "same_sum": _l("多位新捐赠人短时间内向同一项目捐同一金额"),
    "at_cap": _l("多笔金额恰好在配捐上限"),
    "refund_after_match": _l("获得配捐后多次退款"),
    "staff": _l("捐赠人是项目执行机构的人员"),
    "unit_burst": _l("同一团队或来源短时间内大量相同金额"),
    "instrument_cap": _l("同一支付工具以不同身份超过每人配捐上限"),
    "small_device": _l("同一设备以不同身份多笔小额"),
    "at_cap_device": _l("同一设备以不同身份多笔恰好在配捐上限"),
    "refund_device": _l("同一设备以不同身份获得配捐后多次退款"),
    "watched_donor": _l("捐赠人在重点核实名单上"),
    "watched_instrument": _l("支付工具在重点核实名单上"),
    "watched_device": _l("设备在重点核实名单上"),
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
    "returned": _l("活动结束退回基金"),
}
POT_ACTS = {
    "pot.create": _l("建立配捐池"),
    "pot.rules": _l("新规则"),
    "pot.top_up": _l("追加"),
    "pot.reduce": _l("减少"),
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
}
REFUSALS = {
    "amount_invalid": _l("金额不对。"),
    "donor_invalid": _l("请检查填写的联系方式。"),
    "campaign_unknown": _l("没有这个活动。"),
    "campaign_not_open": _l("活动现在不接受捐赠。"),
    "project_unknown": _l("没有这个项目。"),
    "project_not_in_campaign": _l("这个项目现在不在本活动中募款。"),
    "donation_id_reused": _l("这张表单已经提交过一笔不同的捐赠。如果还想再捐一笔，请再次提交。"),
    "donation_unknown": _l("没有这笔捐赠，或链接不完整。"),
    "match_short": _l("配捐池的余额不足以按规则全额配捐。"),
    "payment_unavailable": _l("支付平台暂时没有响应。您的捐赠和配捐都已保留，请稍后再试。"),
    "payment_refused": _l("支付平台没有接受这笔支付。"),
    "payment_processing": _l("支付正在处理，暂时不能取消。"),
    "already_paid": _l("这笔捐赠已经支付，不能取消；如需退款请联系主办方。"),
    "promise_lapsed": _l("这笔捐赠已不在等待支付。"),
    "sign_in_failed": _l("用户名或密码不对。"),
    "not_permitted": _l("您没有权限做这件事。"),
    "plan_incomplete": _l("公开募捐方案不完整，不能排期。"),
    "campaign_invalid": _l("请检查标出的项目。"),
    "slug_used": _l("这个网址名已被其他活动使用。"),
    "organisation_unknown": _l("没有这个地区。"),
    "project_invalid": _l("请检查标出的项目。"),
    "campaign_over": _l("结束时间已过。"),
    "campaign_phase": _l("活动当前阶段不能做这件事。"),
    "project_state": _l("项目当前状态不能做这件事。"),
    "project_not_approved": _l("只有已立项的项目才能参加。"),
    "reason_missing": _l("请写明原因。"),
    "term_invalid": _l("期限须在今天之后。"),
    "reason_invalid": _l("请写明原因，最多 500 字。"),
    "not_refundable": _l("只有支付平台代收的已付款项可以在这里退款。"),
    "refund_exceeds": _l("退款超过了这笔捐赠的剩余金额。"),
    "fund_invalid": _l("请检查基金的名称和类别。"),
    "fund_exists": _l("已有同名基金。"),
    "fund_unknown": _l("没有这个基金。"),
    "fund_short": _l("基金余额不足。"),
    "pot_unknown": _l("没有这个配捐池。"),
    "pot_invalid": _l("请检查标出的项目。"),
    "rules_invalid": _l("这样的配捐规则行不通，请检查标出的项目。"),
    "rules_in_the_past": _l("规则不能从过去开始。"),
    "pot_short": _l("池中没有这么多未被占用的资金。"),
    "pot_changed": _l("这个配捐池刚才有变化，请重新核对后再确认。"),
    "deposit_invalid": _l("请检查金额和凭据号。"),
    "deposit_reused": _l("这个凭据号已用于另一金额。"),
    "discrepancy_unknown": _l("没有这条差异。"),
    "discrepancy_ended": _l("这条差异已经处理过。"),
    "list_invalid": _l("查询条件不对。"),
    "standings_unknown": _l("没有这种榜单。"),
    "watch_invalid": _l("这笔捐赠没有可列入名单的这一项，或没有填写联系方式。"),
    "watch_unknown": _l("名单上没有这一项。"),
    "watch_ended": _l("这一项已经解除。"),
    "screening_invalid": _l("请检查标出的标准，没有任何改动。"),
    "case_unknown": _l("没有这件复核。"),
    "case_decided": _l("这件复核已经有了决定。"),
    "appeal_invalid": _l("请写明申诉内容，最多 2000 字。"),
    "appeal_exists": _l("已经提出过申诉。"),
    "appeal_missing": _l("还没有人提出申诉。"),
    "appeal_answered": _l("这件申诉已经答复过。"),
    "nothing_to_appeal": _l("这笔捐赠的配捐已经恢复。"),
    "rate_limited": _l("操作太频繁，请稍后再试。"),
    "csrf": _l("页面已过期，请返回刷新后再提交。"),
    "token_invalid": _l("没有这笔捐赠，或链接不完整。"),
    "database_unavailable": _l("系统正在恢复，请稍后再试。"),
}
FIELDS = {
    "donor.email": _l("请填写正确的邮箱地址"),
    "donor.phone": _l("请填写正确的电话号码"),
    "donor.name": _l("姓名最多 80 个字，不能有特殊控制字符"),
    "message": _l("留言最多 200 个字，不能有特殊控制字符"),
}
