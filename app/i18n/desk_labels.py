"""Labels of stable codes around awards, ordered files and stations."""

from flask_babel import lazy_gettext as _l

EXPORT_STATES = {
    "waiting": _l("排队"),
    "writing": _l("正在写"),
    "done": _l("可以下载"),
    "failed": _l("没有写成"),
    "expired": _l("已过期删除"),
}
EXPORT_FORMATS = {"csv": _l("CSV"), "xlsx": _l("XLSX")}
STATION_ITEMS = {
    "contact": _l("联系人"),
    "bank_account": _l("收款账户"),
    "liaison": _l("申报账号"),
    "registration": _l("登记文件"),
}
AWARD_AMONG = {
    "county": _l("县区"),
    "township": _l("乡镇街道"),
    "village": _l("村（社区）"),
    "project": _l("项目"),
    "team": _l("队伍"),
}
AWARD_CRITERIA = {
    "donors": _l("捐赠人数"),
    "donations": _l("捐赠笔数"),
    "raised": _l("筹款"),
    "total": _l("筹款加配捐"),
    "fastest": _l("最先筹到一个数"),
}
AWARD_TIES = {"earlier": _l("最后一笔更早的在前"), "shared": _l("名次并列")}
# The layouts that readers of files recognise (`kernel.tables.Layout`).
IMPORT_FORMATS = {
    "projects": _l("项目表"),
    "receipts": _l("财政票据回执"),
    "invitations": _l("邀请名单"),
    "network": _l("组织网络表"),
    "offline": _l("线下捐赠表"),
    "bill": _l("平台账单（通用）"),
    "alipay": _l("支付宝账单"),
    "alipay_funds": _l("支付宝资金账单"),
    "wechat": _l("微信支付账单"),
    "wechat_funds": _l("微信支付资金账单"),
    "bank_two_sides": _l("银行对账单，收入支出分两列"),
    "bank_signed": _l("银行对账单，支出为负数"),
    "camt.053": _l("ISO 20022 camt.053"),
    "pain.002": _l("ISO 20022 pain.002"),
}
