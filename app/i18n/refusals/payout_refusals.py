"""The texts of refusals around payouts and spending."""

from flask_babel import lazy_gettext as _l

PAYOUT_REFUSALS = {
    "nothing_to_pay": _l("现在没有可以拨付的款项。"),
    "payee_invalid": _l("请检查标出的账户信息。"),
    "payee_missing": _l("这些机构还没有确认的收款账户：%(organisations)s（共 %(count)s 家）。"),
    "payee_state": _l("这个收款账户已经确认或停用。"),
    "payee_unknown": _l("没有这个收款账户。"),
    "payout_rules_invalid": _l("请检查标出的项目。"),
    "plan_open": _l("已有一份拨付计划等待批准（第 %(plan)s 号），请先批准或撤回。"),
    "plan_outdated": _l("计划做好以后款项有变化，请撤回后重新生成。"),
    "plan_own": _l("拨付计划须由制定人以外的人批准。"),
    "plan_state": _l("拨付计划现在的状态不能做这件事。"),
    "plan_unknown": _l("没有这份拨付计划。"),
    "remittance_invalid": _l("请检查标出的项目。"),
    "remittance_state": _l("这笔拨款现在的状态不能做这件事。"),
    "remittance_unknown": _l("没有这笔拨款。"),
    "spending_invalid": _l("请检查标出的项目。"),
    "spending_state": _l("这笔支出现在的状态不能做这件事。"),
    "spending_unknown": _l("没有这笔支出。"),
    "split_allotted": _l("活动 %(campaign)s 的款项已经按原规则分账，新规则只能从以后开始。"),
    "split_invalid": _l("请检查各部分的比例。"),
    "voucher_missing": _l("还没有凭证照片，不能核对。"),
}
