"""Labels of the jobs (`app/jobs/registry.py`)."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

JOBS = {
    "process-inbox": _l("处理支付消息"),
    "expire": _l("释放超时的预留"),
    "refunds": _l("发送退款"),
    "restore": _l("款项回到账上后补配"),
    "challenges": _l("解锁挑战池"),
    "screen": _l("检查套捐迹象"),
    "imports": _l("导入文件"),
    "exports": _l("写出导出的文件"),
    "close": _l("推进活动收尾"),
    "allot": _l("分账，按银行流水登记拨款"),
    "statements": _l("读取支付平台对账单"),
    "fetch-bills": _l("下载合作平台的账单"),
    "analyse": _l("更新数据库统计信息"),
    "analytics": _l("统计捐赠"),
    "seal": _l("封存操作记录"),
    "forget-access": _l("清理已结束的登录和令牌"),
    "letters": _l("给捐赠人发信"),
    "tell-partners": _l("通知合作平台"),
    "approvals": _l("结束无人批准的事项"),
    "replies": _l("清理重复请求的记录"),
    "pictures": _l("清理没有用到的图片文件"),
    "vouchers": _l("制作记账凭证"),
    "monthly": _l("公示收支月报"),
    "check": _l("核对账簿"),
    "spelling": _l("给地名、项目名注拼音"),
    "rehearsal": _l("演示：演练平台和银行"),
    "personal-data": _l("保护个人信息"),
}

# The unit that a run reports (`app/jobs/registry.py`) -> its label, which follows the number.
JOB_UNITS = {
    "events": _l("条消息"),
    "lapsed": _l("笔超时"),
    "replaced payments closed": _l("笔被替换的支付关闭"),
    "sent": _l("笔已发出"),
    "offered match again": _l("笔补配"),
    "unlocked": _l("个池解锁"),
    "cases opened": _l("件复核"),
    "steps": _l("步"),
    "projects": _l("个项目"),
    "campaigns counted": _l("个活动已统计"),
    "remittances marked": _l("笔拨款核对"),
    "lines": _l("行"),
    "tables analysed": _l("张表"),
    "rows sealed": _l("行封存"),
    "approvals expired": _l("件批准过期"),
    "vouchers": _l("张凭证"),
    "statements": _l("份月报"),
    "replies removed": _l("条回复清理"),
    "forgotten": _l("条过期记录清理"),
    "stray files removed": _l("个多余文件清理"),
    "messages of erased donors": _l("条已删除捐赠人的消息"),
    "days of messages forgotten": _l("天的消息内容清理"),
    "erased donors unlinked": _l("位已删除的捐赠人"),
    "codes forgotten": _l("个验证码清理"),
    "names spelled": _l("个名字注音"),
    "letters sent": _l("封信"),
    "events taken": _l("条通知送达"),
    "files": _l("个文件"),
    "bills fetched": _l("份账单"),
    "gifts and files": _l("笔捐赠和文件"),
    "faults": _l("处不符"),
}


def outcome_text(outcome: str) -> str:
    """Return the outcome of a job's run in words; parts with an unknown unit stay unchanged."""
    return _("、").join(_counted(part) for part in outcome.split(", ")) if outcome else ""


def _counted(part: str) -> str:
    count, _space, unit = part.partition(" ")
    return f"{count} {JOB_UNITS[unit]}" if unit in JOB_UNITS else part
