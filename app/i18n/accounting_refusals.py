"""The texts of refusals around accounting and money out."""

from flask_babel import lazy_gettext as _l

ACCOUNTING_REFUSALS = {
    "paid_short": _l("拨付出去、还没有退回的只有 %(available_minor)s 元。"),
    "project_raising": _l("项目还在活动 %(campaign)s 里，活动公示期满以后才能进入下一阶段。"),
    "surplus_invalid": _l("请检查标出的项目。"),
    "surplus_reused": _l("这个银行凭据号已经登记过，金额是 %(amount_minor)s 元。"),
    "surplus_rule": _l("主办方定的结余处理办法不同，请按办法处理。"),
    "purpose_invalid": _l("请检查标出的项目。"),
    "share_short": _l("这个份额里可以动用的只有 %(available_minor)s 元。"),
    "books_busy": _l("账簿正忙，请过几秒再试。"),
    "chart_invalid": _l("请检查标出的科目。"),
    "chart_unchanged": _l("科目没有改动。"),
    "duty_invalid": _l("请写明办了什么。"),
    "duty_unknown": _l("这一天没有这件法定事项。"),
    "period_invalid": _l("期间应写成年月，例如 2026-09。"),
    "period_order": _l("请先把 %(period)s 结账。"),
    "period_running": _l("%(period)s 还没有过完，不能结账。"),
    "statement_unknown": _l("没有这份收支月报。"),
    "voucher_unknown": _l("没有这张凭证。"),
}
