"""The text of every refusal, in both languages (msgids are Chinese; English is in the catalogue)."""

from contextlib import nullcontext
from typing import Any

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l

from app.i18n.locale import language, when
from app.i18n.refusals.account_refusals import ACCOUNT_REFUSALS
from app.i18n.refusals.accounting_refusals import ACCOUNTING_REFUSALS
from app.i18n.refusals.campaign_refusals import CAMPAIGN_REFUSALS
from app.i18n.refusals.closing_refusals import CLOSING_REFUSALS
from app.i18n.refusals.desk_refusals import DESK_REFUSALS
from app.i18n.refusals.donation_refusals import DONATION_REFUSALS
from app.i18n.refusals.partner_refusals import PARTNER_REFUSALS
from app.i18n.refusals.payout_refusals import PAYOUT_REFUSALS
from app.i18n.refusals.people_refusals import PEOPLE_REFUSALS
from app.i18n.refusals.project_refusals import PROJECT_REFUSALS
from kernel.errors import Refusal
from kernel.money import percent, ratio, yuan

REFUSALS = {
    **ACCOUNTING_REFUSALS,
    **ACCOUNT_REFUSALS,
    **CAMPAIGN_REFUSALS,
    **CLOSING_REFUSALS,
    **DESK_REFUSALS,
    **DONATION_REFUSALS,
    **PARTNER_REFUSALS,
    **PAYOUT_REFUSALS,
    **PEOPLE_REFUSALS,
    **PROJECT_REFUSALS,
    "appeal_answered": _l("这件申诉已经答复过。"),
    "appeal_exists": _l("已经提出过申诉。"),
    "appeal_invalid": _l("请写明申诉内容，最多 2000 字。"),
    "appeal_missing": _l("还没有人提出申诉。"),
    "batch_too_large": _l("一次最多 %(most)s 条。"),
    "bill_day_has_lines": _l("这一天的账单已有 %(lines)s 行，不能记为无交易。"),
    "body_invalid": _l("请求内容不是有效的 JSON（UTF-8），或同一个名称出现了两次。"),
    "case_decided": _l("这件复核已由 %(by)s 在 %(decided_at)s 决定。"),
    "case_exists": _l("这笔捐赠已经有一件复核。"),
    "case_unknown": _l("没有这件复核。"),
    "changed_meanwhile": _l("%(by)s 在 %(changed_at)s 改过这里，您的修改没有保存。请看过现在的内容再改。"),
    "comment_invalid": _l("请写评论，最多 2000 字。"),
    "conflict_settled": _l("这条消息已经核对过了。"),
    "csrf": _l("页面放久了。请返回，刷新后再提交一次。"),
    "currency_unknown": _l("只支持人民币。"),
    "database_busy": _l("系统正忙，您的操作没有生效，请稍后再试。"),
    "database_full": _l("系统暂时不能保存数据，您的操作没有生效，请稍后再试。"),
    "database_read_only": _l("系统正在切换，暂时只能查看，您的操作没有生效，请稍后再试。"),
    "database_unavailable": _l("系统正在恢复，请稍后再试。"),
    "day_invalid": _l("日期不对。"),
    "effect_changed": _l("刚才情况有变化，请核对现在的结果后再确认。"),
    "event_invalid": _l("消息不符合接口说明。"),
    "event_not_attachable": _l("这条消息不是可以归入这笔捐赠的付款、退款或争议。"),
    "event_not_waiting": _l("这条消息不在等待处理。"),
    "event_unknown": _l("没有这条消息。"),
    "file_missing": _l("请选择文件。"),
    "file_too_large": _l("文件太大，请分成几个文件。"),
    "host_unknown": _l("网站不用这个域名，请从正确的网址进入。"),
    "idempotency_key_in_progress": _l("同一个请求正在处理，请稍后再发一次。"),
    "idempotency_key_invalid": _l("Idempotency-Key 须是 1 至 %(most)s 个可见的 ASCII 字符。"),
    "idempotency_key_reused": _l("这张表单（或 Idempotency-Key）已经提交过另外的内容。请重新打开页面再填。"),
    "idempotency_reply_erased": _l("这个请求已经执行过；回复里的个人信息已注销，不再保存。"),
    "import_changed": _l("预览以后文件或情况有变化，请重新预览。"),
    "import_contradicts": _l("文件与以前导入的内容矛盾，没有导入任何内容。"),
    "import_invalid": _l("文件有误，没有导入任何内容。"),
    "import_kind_unknown": _l("没有这一类文件，可以是：%(kinds)s。"),
    "import_state": _l("这次导入已经结束，或正在进行。"),
    "import_unconfirmed": _l("请先预览，再确认标出的项目。"),
    "import_unknown": _l("没有这次导入。"),
    "internal_error": _l("系统出了问题，已经记录。"),
    "job_unknown": _l("没有这个任务。"),
    "list_invalid": _l("查询条件不对。"),
    "not_to_give_back": _l("这笔捐赠不属于已取消活动里系统退不了的捐赠。"),
    "nothing_chosen": _l("请至少选一项。"),
    "nothing_due": _l("现在没有到期的收尾步骤。"),
    "nothing_to_appeal": _l("这笔捐赠的配捐已经恢复。"),
    "nothing_to_give_back": _l("这个来源没有须登记退回的捐赠。"),
    "nothing_to_hold": _l("这笔捐赠没有可以暂缓的配捐。"),
    "origin_foreign": _l("请求不是从本站页面发出的。"),
    "field_given_twice": _l("同一项出现了不止一次。请返回，每项只保留一个值再提交。"),
    "parameters_invalid": _l("请检查网址里标出的参数。"),
    "production": _l("正式环境不能指定时间。"),
    "rate_limited": _l("操作太频繁，请稍后再试。"),
    "reads_busy": _l("正在导出或打开大表的人太多，请过几秒再试。"),
    "reason_invalid": _l("请写明原因，最多 500 字。"),
    "reason_missing": _l("请写明原因。"),
    "requests_met": _l("同时处理的请求太多，请稍后再发一次。"),
    "screening_invalid": _l("请检查标出的标准，没有任何改动。"),
    "search_invalid": _l("请检查查找条件。"),
    "signature_invalid": _l("签名不对。"),
    "signature_missing": _l("缺少签名。"),
    "statement_by_api": _l("这个支付平台的对账单由系统自动获取。"),
    "streams_full": _l("实时更新的连接已满，请过一会儿再试，或刷新页面查看。"),
    "term_invalid": _l("期限须在今天之后。"),
    "time_invalid": _l("时间不对。"),
    "timestamp_out_of_tolerance": _l("时间戳与我们的时钟相差太大，请校准时钟，检查单位（秒或毫秒）。"),
    "to_give_back_changed": _l("须退回的捐赠刚刚有变化，请重新核对笔数和金额。"),
    "too_many_chosen": _l("一次最多选 %(most)s 项，没有处理任何一项。"),
    "too_many_files": _l("一次只能上传一个文件。"),
    "too_many_reads": _l("您已有 %(most)s 个导出或大表在进行，请等它们完成。"),
    "too_many_streams": _l("同一网络打开的实时页面太多（最多 %(most)s 个），请刷新页面查看。"),
    "training_invalid": _l("请选择活动开放多久。"),
    "training_not_there": _l("现在没有演练。"),
    "training_running": _l("已经有一场演练，同时只有一场。"),
    "training_unavailable": _l("这个系统没有开通演练。"),
    "value_invalid": _l("有内容超出范围或含有不能保存的字符。"),
    "watch_ended": _l("这一项已经解除。"),
    "watch_invalid": _l("这笔捐赠没有可列入名单的这一项，或没有填写联系方式。"),
    "watch_unknown": _l("名单上没有这一项。"),
    "word_missing": _l("请输入 %(word)s 确认。"),
}


def refusal_text(refusal: Refusal, locale: str | None = None) -> str:
    """Return the text of a refusal in `locale` (default: the reader's language)."""
    return code_text(refusal.code, locale, **refusal.params)


def code_text(code: str, locale: str | None = None, **params: Any) -> str:
    """Return the text of a code; a code without a text stands for itself.

    Parameters that are no longer known, because only the code was stored, become "…".
    """
    with force_locale(locale) if locale and locale != language() else nullcontext():
        if code not in REFUSALS:
            return code
        return str(REFUSALS[code]) % _Parameters({name: shown(name, value) for name, value in params.items()})


class _Parameters(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "…"


def shown(name: str, value: Any) -> str:
    """Return a parameter formatted for people: fen as yuan, times in Shanghai, lists with commas."""
    if isinstance(value, list | tuple | set | frozenset):
        return gettext("、").join(yuan(item) if name.endswith("_minor") else str(item) for item in value)
    if name.endswith("_minor"):
        return yuan(value)
    if name.endswith("_share_bps"):
        return percent(value)
    if name.endswith("_bps"):
        return ratio(value)
    if name.endswith("_at"):
        return when(value)
    return str(value)
