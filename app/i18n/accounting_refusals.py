"""The texts of refusals around accounting."""

from flask_babel import lazy_gettext as _l

ACCOUNTING_REFUSALS = {
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
