"""What the jobs are called (`app/jobs/registry.py`)."""

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
