"""Labels of accounting: accounts of the books, kinds of transfers, and the columns of its files."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.i18n.labels import word
from campaigns.accounting.reading import JournalRow, VoucherRow
from ledger.chart import OF_DIFFERENCES

ACCOUNT_KINDS = {
    "bank": _l("银行账户"),
    "clearing": _l("支付平台代收"),
    "fees": _l("支付手续费"),
    "losses": _l("退款损失"),
    "suspense": _l("暂记款"),
    "provider_charges": _l("支付平台另收费用"),
    "bank_charges": _l("银行手续费"),
    "fee_taxes": _l("手续费税费"),
    "outside_refunds": _l("系统外退款"),
    "foreign_money": _l("他人款项"),
    "rounding": _l("尾差"),
    "write_offs": _l("无法收回的款项"),
    "fund": _l("基金"),
    "pot_free": _l("配捐池未使用"),
    "pot_reserved": _l("配捐池已预留"),
    "pot_held": _l("配捐池复核中"),
    "pot_captured": _l("配捐池已配"),
    "pot_released": _l("配捐池可拨付"),
    "donations": _l("项目捐款"),
    "allotted": _l("已分账"),
    "share_project": _l("待拨：项目"),
    "share_township": _l("待拨：乡镇统筹"),
    "share_management": _l("计提管理费"),
    "share_fees": _l("捐款承担的手续费"),
    "payable": _l("已批准、待银行付款"),
}
DIFFERENCE_ACCOUNTS = {str(kind): ACCOUNT_KINDS[kind] for kind in OF_DIFFERENCES}
TRANSFER_KINDS = {
    "deposit": _l("基金入账"),
    "deposit_corrected": _l("更正基金入账"),
    "pot_funded": _l("基金拨给配捐池"),
    "pot_reduced": _l("配捐池调减退回基金"),
    "pot_returned": _l("配捐池结余退回基金"),
    "match_reserved": _l("预留配捐"),
    "match_captured": _l("确认配捐"),
    "match_released": _l("释放预留"),
    "match_held": _l("配捐转复核"),
    "match_cleared": _l("复核后恢复配捐"),
    "match_returned": _l("退回配捐"),
    "match_moved": _l("配捐改由另一个池"),
    "match_disbursed": _l("配捐转为可拨付"),
    "donation_received": _l("收到捐款"),
    "donation_refunded": _l("退还捐款"),
    "donation_reinstated": _l("退款未成，捐款回账"),
    "donation_moved": _l("更正捐赠的项目"),
    "loss_booked": _l("记退款损失"),
    "loss_recovered": _l("收回退款损失"),
    "fee_charged": _l("支付平台手续费"),
    "fee_refunded": _l("退回手续费"),
    "difference_booked": _l("差异签字入账"),
    "difference_corrected": _l("冲回差异"),
    "payout": _l("支付平台结算到银行"),
    "payout_returned": _l("结算被银行退回"),
    "money_allotted": _l("分账"),
    "allotment_corrected": _l("更正分账"),
    "remittance_approved": _l("批准拨款"),
    "remittance_withdrawn": _l("撤回拨款"),
    "remittance_paid": _l("拨款到账"),
    "remittance_returned": _l("拨款被银行退回"),
    "purpose_changed": _l("变更用途"),
    "surplus_returned": _l("项目结余退回"),
    "surplus_moved": _l("结余转给其他项目"),
    "surplus_to_fund": _l("结余归入基金"),
    "fund_moved": _l("基金之间划转"),
}
DUTY_TASKS = {
    "file_plan": _l("募捐方案备案（开始 10 日前）"),
    "assess_privacy": _l("个人信息保护影响评估（开始以前）"),
    "file_emergency": _l("募捐方案补备案（开始后 10 日内）"),
    "publish_emergency": _l("公开募得款物（每 5 日）"),
    "publish_periodic": _l("公开募捐情况（每 3 个月）"),
    "publish_final": _l("全面公开募捐情况（结束后 3 个月内）"),
    "assess_partners": _l("公开对合作方的评估和指导监督（结束后 3 个月内）"),
    "report_leftovers": _l("公开剩余财产的处理（项目结束后 3 个月内）"),
    "annual_report": _l("年度报告，含募捐成本（5 月 31 日前）"),
    "operating_report": _l("平台半年运行报告"),
}
DUTY_STATES = {
    "overdue": _l("逾期"),
    "due": _l("快到期"),
    "later": _l("未到"),
    "done": _l("已办"),
}
SIDES = {"debit": _l("借"), "credit": _l("贷")}


def summary(voucher: VoucherRow | JournalRow) -> str:
    """Return the one-line summary of a voucher (摘要)."""
    counted = _(
        "%(kind)s，共 %(count)s 笔", kind=word(TRANSFER_KINDS, voucher.kind), count=f"{voucher.transfers:,}"
    )
    later = _("（%(day)s 发生）", day=voucher.occurred_on) if voucher.occurred_on != voucher.dated_on else ""
    return " ".join(filter(None, (voucher.campaign_name, counted + later)))


def journal_header() -> list[str]:
    """Return the column titles of the journal in the current language."""
    return [
        _("期间"),
        _("凭证日期"),
        _("凭证字"),
        _("凭证号"),
        _("摘要"),
        _("科目编码"),
        _("科目名称"),
        _("借方金额（元）"),
        _("贷方金额（元）"),
        _("币种"),
        _("辅助核算"),
        _("业务日期"),
        _("笔数"),
    ]


def balance_header() -> list[str]:
    """Return the column titles of the trial balance in the current language."""
    return [
        _("科目编码"),
        _("科目名称"),
        _("币种"),
        _("期初余额（元）"),
        _("本期借方（元）"),
        _("本期贷方（元）"),
        _("期末余额（元）"),
    ]
