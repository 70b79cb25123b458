"""Labels of the jobs (`app/jobs/registry.py`) and of what they count."""

from collections.abc import Callable, Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.i18n.locale import counted

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

# The unit of a count (`Unit` in `app/jobs/runs.py`) -> the count in words.
JOB_COUNTS: dict[str, Callable[[int], str]] = {
    "approvals_expired": lambda count: counted("%(count)s 件事项没人批准，到期结束", count),
    "approvals_overtaken": lambda count: counted("%(count)s 件待批准事项已另行处理，不用再批", count),
    "bills_fetched": lambda count: counted("取到 %(count)s 份账单", count),
    "campaigns_counted": lambda count: counted("统计了 %(count)s 个活动", count),
    "cases_opened": lambda count: counted("新增 %(count)s 件复核", count),
    "challenges_unlocked": lambda count: counted("解锁 %(count)s 个挑战池", count),
    "codes_forgotten": lambda count: counted("清理 %(count)s 个验证码", count),
    "donations_expired": lambda count: counted("%(count)s 笔捐赠超时没有付", count),
    "donations_rematched": lambda count: counted("给 %(count)s 笔捐赠补配", count),
    "donors_unlinked": lambda count: counted("断开 %(count)s 位已删除捐赠人的关联", count),
    "events_processed": lambda count: counted("处理 %(count)s 条消息", count),
    "faults": lambda count: counted("%(count)s 处不符", count),
    "files_exported": lambda count: counted("写好 %(count)s 个文件", count),
    "files_imported": lambda count: counted("导入 %(count)s 个文件", count),
    "files_removed": lambda count: counted("清理 %(count)s 个多余文件", count),
    "letters_sent": lambda count: counted("发出 %(count)s 封信", count),
    "message_days_forgotten": lambda count: counted("清理 %(count)s 天的消息内容", count),
    "messages_erased": lambda count: counted("删除 %(count)s 条消息里的个人信息", count),
    "names_spelled": lambda count: counted("给 %(count)s 个名字注音", count),
    "notifications_delivered": lambda count: counted("送达 %(count)s 条通知", count),
    "projects_allotted": lambda count: counted("给 %(count)s 个项目分账", count),
    "records_forgotten": lambda count: counted("清理 %(count)s 条过期记录", count),
    "refunds_sent": lambda count: counted("发出 %(count)s 笔退款", count),
    "rehearsal_items_sent": lambda count: counted("发出 %(count)s 笔演练捐赠和文件", count),
    "remittances_marked": lambda count: counted("按流水登记 %(count)s 笔拨款", count),
    "replaced_payments_closed": lambda count: counted("关闭 %(count)s 笔被替换的支付", count),
    "replies_removed": lambda count: counted("清理 %(count)s 条回复", count),
    "rows_encrypted": lambda count: counted("加密 %(count)s 行个人信息", count),
    "rows_sealed": lambda count: counted("封存 %(count)s 行记录", count),
    "statement_lines_read": lambda count: counted("读入 %(count)s 行对账单", count),
    "statements_published": lambda count: counted("公示 %(count)s 份月报", count),
    "steps_made": lambda count: counted("推进 %(count)s 步", count),
    "tables_analysed": lambda count: counted("更新 %(count)s 张表的统计信息", count),
    "vouchers_created": lambda count: counted("制作 %(count)s 张凭证", count),
}


def counts_text(counts: Mapping[str, int]) -> str:
    """Return in words what a run of a job did. A unit of a newer version is shown as it is."""
    return _("、").join(
        JOB_COUNTS[unit](count) if unit in JOB_COUNTS else f"{count} {unit}" for unit, count in counts.items()
    )
