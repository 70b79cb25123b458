"""What the audit trail calls acts of accounting and disclosure (`app/i18n/audit_labels.py` has the others)."""

from flask_babel import lazy_gettext as _l

ACTS = {
    "accounting.book": _l("制作记账凭证"),
    "accounting.chart": _l("修改会计科目"),
    "accounting.close": _l("会计期间结账"),
    "duty.done": _l("登记法定事项"),
    "export.vouchers": _l("导出记账凭证"),
    "monthly.correct": _l("更正收支月报"),
    "monthly.publish": _l("公示收支月报"),
}
GROUPS = {"accounting": _l("会计"), "duty": _l("法定事项"), "monthly": _l("收支月报")}
SUBJECTS = {
    "chart": _l("会计科目表"),
    "federation": _l("联合会"),
    "month": _l("月份"),
    "period": _l("会计期间"),
    "statement": _l("收支月报"),
    "voucher_run": _l("制证"),
}
