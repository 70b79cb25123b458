"""The text of every refusal, in both languages (msgids are Chinese; English is in the catalogue)."""

from contextlib import nullcontext
from typing import Any

from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l

from app.i18n.locale import language, when
from app.i18n.refusals.accounting_refusals import ACCOUNTING_REFUSALS
from app.i18n.refusals.closing_refusals import CLOSING_REFUSALS
from app.i18n.refusals.desk_refusals import DESK_REFUSALS
from app.i18n.refusals.partner_refusals import PARTNER_REFUSALS
from app.i18n.refusals.people_refusals import PEOPLE_REFUSALS
from kernel.errors import Refusal
from kernel.money import percent, ratio, yuan

REFUSALS = {
    **PEOPLE_REFUSALS,
    **ACCOUNTING_REFUSALS,
    **CLOSING_REFUSALS,
    **DESK_REFUSALS,
    **PARTNER_REFUSALS,
    "training_invalid": _l("请选择活动开放多久。"),
    "training_not_there": _l("现在没有演练。"),
    "training_running": _l("已经有一场演练，同时只有一场。"),
    "training_unavailable": _l("这个系统没有开通演练。"),
    "already_paid": _l("这笔捐赠已经支付，不能取消；如需退款请联系主办方。"),
    "amount_invalid": _l("金额不对。"),
    "appeal_answered": _l("这件申诉已经答复过。"),
    "appeal_exists": _l("已经提出过申诉。"),
    "appeal_invalid": _l("请写明申诉内容，最多 2000 字。"),
    "appeal_missing": _l("还没有人提出申诉。"),
    "batch_too_large": _l("一次最多 %(most)s 条。"),
    "body_invalid": _l("请求内容不是有效的 JSON（UTF-8），或同一个名称出现了两次。"),
    "books_short": _l("账户余额不足。"),
    "campaign_invalid": _l("请检查标出的项目。"),
    "listing_withdrawn": _l("活动的备案或平台公示已撤下，现在停止接受捐赠：%(reason)s"),
    "listing_in_force": _l("活动的备案和公示没有撤下。"),
    "campaign_not_open": _l("活动现在不接受捐赠。"),
    "campaign_over": _l("结束时间已过。"),
    "campaign_has_donations": _l("已经有人捐赠，不能退回草稿。"),
    "campaign_phase": _l("活动当前阶段不能做这件事。"),
    "campaign_unknown": _l("没有这个活动。"),
    "case_decided": _l("这件复核已经有了决定。"),
    "case_exists": _l("这笔捐赠已经有一件复核。"),
    "case_unknown": _l("没有这件复核。"),
    "changed_meanwhile": _l("%(by)s 在 %(changed_at)s 改过这里，您的修改没有保存。请看过现在的内容再改。"),
    "code_limit": _l("这个号码或邮箱今天要过 %(most)s 次验证码了，请明天再试，或联系我们。"),
    "code_over": _l("验证码已过期，或试错太多次，请重新获取。"),
    "own_code_wrong": _l("验证码不对，请再看一下。"),
    "code_wrong": _l("验证码不对，或者已经用过。请等应用显示下一个再填。"),
    "comment_invalid": _l("请写评论，最多 2000 字。"),
    "confirm_required": _l("这笔捐赠超过来源的限额，放行须明确确认并写明原因。"),
    "cookies_off": _l(
        "浏览器没有把本站的 Cookie 发回来，表单没有提交，没有产生捐赠，也没有扣款。"
        "请在浏览器设置里允许本站的 Cookie，退出无痕模式，或换手机自带的浏览器打开，再填一次。"
    ),
    "csrf": _l("页面已过期，请返回刷新后再提交。"),
    "currency_unknown": _l("只支持人民币。"),
    "too_many_unpaid": _l(
        "已有 %(donations)s 笔捐赠还没有支付，最多 %(most)s 笔。请先支付或取消其中几笔，再捐新的。"
    ),
    "unpaid_match_limit": _l(
        "为还没有支付的捐赠预留的配捐已到上限。可以先支付之前的捐赠，稍后再捐；"
        "也可以现在就捐，暂不预留配捐，活动结束时配捐若有剩余会再补配。"
    ),
    "streams_full": _l("实时更新的连接已满，请过一会儿再试，或刷新页面查看。"),
    "too_many_streams": _l("同一网络打开的实时页面太多（最多 %(most)s 个），请刷新页面查看。"),
    "database_busy": _l("系统正忙，您的操作没有生效，请稍后再试。"),
    "database_full": _l("系统暂时不能保存数据，您的操作没有生效，请稍后再试。"),
    "database_read_only": _l("系统正在切换，暂时只能查看，您的操作没有生效，请稍后再试。"),
    "database_unavailable": _l("系统正在恢复，请稍后再试。"),
    "deposit_unchanged": _l("这笔入账现在就是这个金额，不用更正。"),
    "deposit_unknown": _l("没有这笔入账。"),
    "deposit_invalid": _l("请检查金额和凭据号。"),
    "deposit_reused": _l("这个凭据号已用于另一金额。"),
    "donation_id_reserved": _l("捐赠编号的格式留给合作平台，请换一个编号。"),
    "donation_id_reused": _l("这张表单已经提交过一笔不同的捐赠。如果还想再捐一笔，请再次提交。"),
    "donation_has_payment": _l("这笔捐赠已有另一笔付款，或这笔付款已属于另一笔捐赠。"),
    "donor_unknown": _l("没有找到这位捐赠人的个人信息，或已经注销。"),
    "contact_invalid": _l("请填写电话、邮箱或捐赠编号。"),
    "erasure_awaits_payment": _l("这位捐赠人还有捐赠等待支付，请在支付完成或取消后再注销。"),
    "donation_unknown": _l("没有这笔捐赠，或链接不完整。"),
    "donation_not_unpaid": _l("这笔捐赠已经有支付，不能再收下另一笔。"),
    "donor_invalid": _l("请检查填写的联系方式。"),
    "draw_unknown": _l("这个配捐池不抽取。"),
    "event_invalid": _l("消息不符合接口说明。"),
    "event_not_attachable": _l("这条消息不是可以归入这笔捐赠的付款、退款或争议。"),
    "event_not_waiting": _l("这条消息不在等待处理。"),
    "conflict_settled": _l("这条消息已经核对过了。"),
    "event_unknown": _l("没有这条消息。"),
    "fund_exists": _l("已有同名基金。"),
    "fund_invalid": _l("请检查基金的名称和类别。"),
    "fund_short": _l("基金“%(fund)s”余额不足：现有 %(available_minor)s 元，还差 %(missing_minor)s 元。"),
    "fund_unknown": _l("没有这个基金。"),
    "giving_paused": _l(
        "今天已捐了很多，或一小时内捐了很多次。请在 %(again_at)s（北京时间）之后再捐，或联系主办方。"
    ),
    "giving_unusual": _l("将捐赠 %(amount_minor)s 元，一小时内已捐 %(hour_count)s 次。请捐赠人确认后再提交。"),
    "idempotency_key_in_progress": _l("同一个请求正在处理，请稍后再发一次。"),
    "idempotency_key_invalid": _l("Idempotency-Key 须是 1 至 %(most)s 个可见的 ASCII 字符。"),
    "idempotency_key_reused": _l("这张表单（或 Idempotency-Key）已经提交过另外的内容。请重新打开页面再填。"),
    "idempotency_reply_erased": _l("这个请求已经执行过；回复里的个人信息已注销，不再保存。"),
    "file_missing": _l("请选择文件。"),
    "file_too_large": _l("文件太大，请分成几个文件。"),
    "host_unknown": _l("网站不用这个域名，请从正确的网址进入。"),
    "import_changed": _l("预览以后文件或情况有变化，请重新预览。"),
    "import_contradicts": _l("文件与以前导入的内容矛盾，没有导入任何内容。"),
    "import_kind_unknown": _l("没有这一类文件，可以是：%(kinds)s。"),
    "import_state": _l("这次导入已经结束，或正在进行。"),
    "import_unconfirmed": _l("请先预览，再确认标出的项目。"),
    "import_unknown": _l("没有这次导入。"),
    "grant_unknown": _l("没有给过这份授权，或者已经收回。"),
    "import_invalid": _l("文件有误，没有导入任何内容。"),
    "internal_error": _l("系统出了问题，已经记录。"),
    "invitation_unknown": _l("没有这份邀请，或者已经用过、过期或撤回。"),
    "job_unknown": _l("没有这个任务。"),
    "list_invalid": _l("查询条件不对。"),
    "login_used": _l("这个用户名已被使用。"),
    "link_unknown": _l("这个链接已失效：可能已经用过、过期或撤回。请向发给您的人再要一个。"),
    "last_admin": _l("这是最后一位全网管理员，不能停用或改任其他角色。请先指定另一位。"),
    "manager_invalid": _l("请检查标出的项目。"),
    "manager_unknown": _l("没有这位管理员。"),
    "match_short": _l("配捐池的余额不足以按规则全额配捐。"),
    "not_permitted": _l("您没有权限做这件事。"),
    "dispute_open": _l("这笔付款正在争议中，银行裁定之前不能退款，以免退两次。"),
    "nothing_left": _l("这笔捐赠已全部退款，或退款正在路上。"),
    "not_refundable": _l("只有支付平台代收的已付款项可以在这里退款。"),
    "effect_changed": _l("刚才情况有变化，请核对现在的结果后再确认。"),
    "entry_has_donations": _l("已有 %(count)s 笔付款的捐赠，项目不能退出。"),
    "end_not_later": _l("新的结束时间要晚于原来的。"),
    "nothing_to_give_back": _l("这个来源没有须登记退回的捐赠。"),
    "to_give_back_changed": _l("须退回的捐赠刚刚有变化，请重新核对笔数和金额。"),
    "not_to_give_back": _l("这笔捐赠不属于已取消活动里系统退不了的捐赠。"),
    "nothing_due": _l("现在没有到期的收尾步骤。"),
    "nothing_to_appeal": _l("这笔捐赠的配捐已经恢复。"),
    "nothing_to_hold": _l("这笔捐赠没有可以暂缓的配捐。"),
    "nothing_chosen": _l("请至少选一项。"),
    "too_many_chosen": _l("一次最多选 %(most)s 项，没有处理任何一项。"),
    "organisation_in_use": _l(
        "还不能关闭：下级机构 %(nodes)s 个、没有结项的项目 %(projects)s 个、在用的账号 %(accounts)s 个、"
        "没有结束的活动 %(campaigns)s 个。"
    ),
    "organisation_invalid": _l("请检查标出的项目。"),
    "parent_closed": _l("上级机构已关闭，请先启用上级。"),
    "organisation_unknown": _l("没有这个地区。"),
    "origin_foreign": _l("请求不是从本站页面发出的。"),
    "paper_unpaid": _l("付款到账后才有感谢状和海报。"),
    "paper_withdrawn": _l("这笔捐赠的款项已退回或有争议，感谢状和海报已收回。"),
    "paper_unavailable": _l("图片暂时做不出来，请稍后再试。"),
    "pictures_unavailable": _l("图片暂时存取不了，请稍后再试。"),
    "nothing_to_pay": _l("现在没有可以拨付的款项。"),
    "payee_invalid": _l("请检查标出的账户信息。"),
    "payee_missing": _l("这些机构还没有确认的收款账户：%(organisations)s（共 %(count)s 家）。"),
    "payee_state": _l("这个收款账户已经确认或停用。"),
    "payee_unknown": _l("没有这个收款账户。"),
    "payout_rules_invalid": _l("请检查标出的项目。"),
    "plan_open": _l("已有一份拨付计划等待批准（第 %(plan)s 号），请先批准或撤回。"),
    "plan_outdated": _l("计划做好以后款项有变化，请撤回后重新生成。"),
    "plan_own": _l("拨付计划须由制定人以外的人批准。"),
    "plan_state": _l("拨付计划现在的状态不能做这件事。"),
    "plan_unknown": _l("没有这份拨付计划。"),
    "remittance_invalid": _l("请检查标出的项目。"),
    "remittance_state": _l("这笔拨款现在的状态不能做这件事。"),
    "remittance_unknown": _l("没有这笔拨款。"),
    "spending_invalid": _l("请检查标出的项目。"),
    "spending_state": _l("这笔支出现在的状态不能做这件事。"),
    "spending_unknown": _l("没有这笔支出。"),
    "voucher_missing": _l("还没有凭证照片，不能核对。"),
    "split_allotted": _l("活动 %(campaign)s 的款项已经按原规则分账，新规则只能从以后开始。"),
    "split_invalid": _l("请检查各部分的比例。"),
    "parameters_invalid": _l("请检查网址里标出的参数。"),
    "payment_currency_differs": _l("这笔支付的币种与捐赠不同，只能退款、归到别的捐赠或说明原因后搁置。"),
    "payment_exception_ended": _l("这笔支付已经有了决定。"),
    "payment_exception_unknown": _l("没有这笔待决定的支付。"),
    "payment_processing": _l("支付正在处理，暂时不能取消。"),
    "payment_refused": _l("支付平台没有接受这笔支付。"),
    "payment_unavailable": _l("支付平台暂时没有响应。您的捐赠和配捐都已保留，请稍后再试。"),
    "simulation_invalid": _l("这些捐赠没法试算，请检查。"),
    "plan_incomplete": _l("公开募捐方案不完整，不能排期。"),
    "pot_changed": _l("这个配捐池刚才有变化，请重新核对后再确认。"),
    "pot_invalid": _l("请检查标出的项目。"),
    "pot_short": _l("池中未被占用的资金只有 %(available_minor)s 元。"),
    "pot_unknown": _l("没有这个配捐池。"),
    "production": _l("正式环境不能指定时间。"),
    "picture_invalid": _l("这张图片不能用。"),
    "picture_unknown": _l("没有这张图片。"),
    "pictures_full": _l("一个项目最多 %(most)s 张图片，请先撤下几张。"),
    "news_full": _l("一个项目最多 %(most)s 条消息。"),
    "news_invalid": _l("请检查标出的项目。"),
    "news_unknown": _l("没有这条消息。"),
    "project_code_used": _l("这个项目编号已被使用。"),
    "project_invalid": _l("请检查标出的项目。"),
    "project_not_approved": _l("只有已立项的项目才能参加，还没有立项的是：%(projects)s。"),
    "project_not_entered": _l("这个项目没有参加本活动。"),
    "project_not_in_campaign": _l("这个项目现在不在本活动中募款。"),
    "project_state": _l("项目当前状态不能做这件事。"),
    "project_unknown": _l("没有这个项目。"),
    "promise_lapsed": _l("这笔捐赠已不在等待支付。"),
    "rate_limited": _l("操作太频繁，请稍后再试。"),
    "reason_invalid": _l("请写明原因，最多 500 字。"),
    "receipt_elsewhere": _l("这笔捐赠由您付款的平台收款，请在那里申请票据。"),
    "receipt_ended": _l("这份票据申请已经办结。"),
    "receipt_exists": _l("这笔捐赠已有一份票据申请。"),
    "receipt_invalid": _l("请检查票据信息。"),
    "receipt_issued": _l("票据已经开出，要作废请联系主办方。"),
    "receipt_limit": _l("这笔捐赠已申请过 %(most)s 次票据，请直接联系主办方。"),
    "receipt_number_taken": _l("这个票据号码已经登记过。"),
    "receipt_unknown": _l("没有这份票据申请。"),
    "receipt_unpaid": _l("付款到账后才能申请票据。"),
    "reason_missing": _l("请写明原因。"),
    "reads_busy": _l("正在导出或打开大表的人太多，请过几秒再试。"),
    "too_many_reads": _l("您已有 %(most)s 个导出或大表在进行，请等它们完成。"),
    "refund_exceeds": _l("退款超过了这笔捐赠的剩余金额，现在最多 %(left_minor)s 元。"),
    "refund_request_closed": _l("公示已结束，善款已进入项目，不能再申请退款。如有疑问请联系主办方。"),
    "refund_request_ended": _l("这份退款申请已经有了决定。"),
    "refund_request_limit": _l("这笔捐赠已申请过 %(most)s 次退款，请直接联系主办方。"),
    "refund_request_open": _l("已有一份退款申请在等待决定。"),
    "refund_request_unknown": _l("没有这份退款申请。"),
    "replaced_being_paid": _l("原来那笔已付款或正在付款，不能换。它不受影响，这一笔还没有提交。"),
    "replaced_unknown": _l("找不到要换掉的那笔捐赠，或者它不是您的。"),
    "requests_met": _l("同时处理的请求太多，请稍后再发一次。"),
    "rules_in_the_past": _l("规则不能从过去开始。"),
    "rules_unchanged": _l("没有改动：这些规则现在就是这样。"),
    "rules_invalid": _l("这样的配捐规则行不通，请检查标出的项目。"),
    "screening_invalid": _l("请检查标出的标准，没有任何改动。"),
    "search_invalid": _l("请检查查找条件。"),
    "role_beyond_own": _l("不能授予或改动超出自己权限的角色。"),
    "second_factor_exists": _l("两步验证已经开启。"),
    "password_link_own": _l("不能给自己发新密码链接：请在“我的账号”里修改；忘了密码，请另一位管理员来做。"),
    "second_factor_own": _l("不能重置自己的两步验证，请另一位管理员来做。"),
    "second_person_needed": _l("管理员不能由一个人设立：先给这个账号别的角色，再改为管理员，由第二个人批准。"),
    "session_unknown": _l("没有这次登录。"),
    "password_expired": _l("这个首次密码已过期。请让管理员再发一个设密码的链接。"),
    "sign_in_failed": _l("用户名或密码不对。"),
    "signature_invalid": _l("签名不对。"),
    "signature_missing": _l("缺少签名。"),
    "slug_used": _l("这个网址名已被其他活动使用。"),
    "staff_invalid": _l("请填写联系方式。"),
    "staff_unknown": _l("没有这个联系方式。"),
    "standings_unknown": _l("没有这种榜单。"),
    "bill_day_has_lines": _l("这一天的账单已有 %(lines)s 行，不能记为无交易。"),
    "day_invalid": _l("日期不对。"),
    "statement_by_api": _l("这个支付平台的对账单由系统自动获取。"),
    "second_bill_missing": _l("这条差异没有可以改用的后一份账单。"),
    "term_invalid": _l("期限须在今天之后。"),
    "time_invalid": _l("时间不对。"),
    "timestamp_out_of_tolerance": _l("时间戳与我们的时钟相差太大，请校准时钟，检查单位（秒或毫秒）。"),
    "token_invalid": _l("令牌无效、不完整或已失效。"),
    "token_missing": _l("缺少访问令牌。"),
    "token_terms_invalid": _l("请检查标出的项目。"),
    "token_unknown": _l("没有这个令牌。"),
    "tranche_in_the_past": _l("开放时间不能早于现在。"),
    "tranche_open": _l("这批额度已经开放或已收回，不能再改。"),
    "tranche_too_late": _l("这时活动的配捐已经结束，这批额度配不到任何捐赠。"),
    "tranche_unknown": _l("没有这批额度。"),
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
