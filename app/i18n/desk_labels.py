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
