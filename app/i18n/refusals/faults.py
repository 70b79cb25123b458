"""The text of every fault of a field, in both languages (msgids are Chinese; English is in the catalogue).

A text is shown at its field, so it does not repeat the field's name.
"""

from contextlib import nullcontext
from typing import Any

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from app.i18n.desk_labels import AWARD_AMONG, AWARD_CRITERIA, AWARD_TIES
from app.i18n.giving_labels import PEOPLE_SHOWN, REMOVALS, THEMES
from app.i18n.labels import (
    CAPS,
    CASE_STATES,
    FUND_KINDS,
    LEVELS,
    POT_KINDS,
    POT_MODES,
    ROLES,
    STANDINGS,
    TIERS,
    WATCHED,
    word,
)
from app.i18n.locale import language
from app.i18n.refusals.refusals import shown
from kernel.errors import Fault

FAULTS = {
    # texts
    "required": _l("请填写"),
    "not_text": _l("应是文字"),
    "too_long": _l("内容太长，最多 %(most)s 个字"),
    "length_out_of_range": _l("应有 %(least)s 至 %(most)s 个字符"),
    "common_password": _l("太容易被猜到：请不要只用常见词语、年份和键盘上相连的字符"),
    "login_inside": _l("不能包含用户名"),
    "control_characters": _l("不能有特殊控制字符"),
    "direction_controls": _l("不能有改变文字方向的控制字符"),
    "not_storable": _l("含有不能保存的字符"),
    "hidden_characters": _l("首尾的空格、引号和看不见的字符不属于编号，请去掉"),
    "name_based": _l("不能用版本 5 的 UUID（由名称生成，留给合作平台），请用版本 4 或 7"),
    "reserved_name": _l("这个名称由系统保留，请换一个"),
    "code_format": _l("只能用 1 至 %(most)s 个英文字母、数字、- 或 _"),
    "slug_format": _l("只能用英文字母、数字和连字符，最多 %(most)s 个"),
    "team_name_characters": _l("请只用汉字、英文字母、数字和 · & ( ) -"),
    "contact_inside": _l("不能含电话、网址、微信号等联系方式"),
    "taken": _l("已被使用，请换一个"),
    "repeated": _l("在这份文件里重复了"),
    "slug_taken": _l("这个网址名已被其他活动使用"),
    "not_a_credit_code": _l("不是有效的统一社会信用代码（18 位）"),
    "only_companies": _l("只有单位填写"),
    "not_an_email": _l("请填写正确的邮箱地址"),
    "not_a_phone": _l("请填写正确的电话号码"),
    "contact_required": _l("请填写电话或邮箱"),
    "contact_or_donation": _l("请填写电话或邮箱，或一笔捐赠的编号，二者之一"),
    "not_a_bank_code": _l("应是 12 位数字的联行号"),
    "not_an_account_number": _l("应是 8 至 30 位数字的账号"),
    # numbers and amounts
    "unknown_request": _l("没有这个编号的票据申请"),
    "receipt_not_open": _l("这个申请已经开过票或撤回，内容和这一行不同"),
    "amount_not_kept": _l("捐款现在是 %(now_minor)s 元，和票据金额不同"),
    "guardian_required": _l("未成年人捐赠要监护人同意"),
    "minor_named": _l("未成年人的捐赠请选匿名"),
    "same_fund": _l("请选另一个基金"),
    "only_partners": _l("只有合作公开募捐协议要填"),
    "unknown_template": _l("没有这个样板"),
    "same_project": _l("请选另一个项目"),
    "shares_not_whole": _l("各部分合计应是 100%%，现在是 %(sum_share_bps)s"),
    "above_ceiling": _l("超过上限 %(most_share_bps)s"),
    "not_a_number": _l("请填写数字"),
    "not_an_id": _l("请填写捐赠编号，至少前 %(least)s 位"),
    "not_whole": _l("请填写整数"),
    "not_an_address": _l("请填写以 https:// 开头的网址"),
    "address_private": _l("这是内网或本机的地址；通知只发到公网地址"),
    "not_a_flag": _l("应是 true 或 false"),
    "number_too_large": _l("数字太大"),
    "picture_unreadable": _l("不是能读取的图片；请用 JPEG、PNG 或 WebP"),
    "picture_too_heavy": _l("文件太大，最多 %(most_mib)s MB"),
    "picture_too_large": _l("图片太大，最多 %(most_megapixels)s 百万像素"),
    "picture_too_small": _l("图片太小，每边至少 %(least)s 像素"),
    "budget_too_long": _l("最多 %(most)s 行"),
    "budget_differs": _l("各项合计 %(sum_minor)s 元，应等于目标金额 %(target_minor)s 元"),
    "not_a_budget": _l("请写成“名称 金额；名称 金额”，例如“米面粮油 18000；灶台 8000”"),
    "consent_required": _l("须先征得本人同意"),
    "negative": _l("不能是负数"),
    "out_of_range": _l("应是 %(least)s 至 %(most)s 的整数"),
    "share_out_of_range": _l("应在 %(least_share_bps)s 至 %(most_share_bps)s 之间"),
    "amount_not_positive": _l("请填写大于 0 的金额"),
    "amount_too_large": _l("金额不能超过 %(most_minor)s 元"),
    "amount_out_of_range": _l("金额应在 %(least_minor)s 至 %(most_minor)s 元之间"),
    "amount_sign": _l("捐款的金额应为正数，退款的金额应为负数"),
    "amount_changed": _l("以前是 %(before_minor)s 元，现在是 %(now_minor)s 元，或手续费不同"),
    "not_a_ratio": _l("请填写比例，例如 1:1、1:0.5 或 50%%"),
    "not_a_share": _l("请填百分数，如 35%%"),
    "not_an_amount": _l("请填写金额，单位元，最多两位小数，例如 100 或 66.60"),
    "currency_unsupported": _l("只支持人民币（%(currency)s）"),
    # times
    "account_code": _l("科目编码是 4 位数字，每下一级再加 2 位"),
    "not_a_date": _l("不是日期"),
    "not_a_month": _l("不是年月"),
    "not_a_time": _l("请填写日期和时间，例如 2026-09-09T09:00"),
    "in_the_future": _l("这个时间还没有到"),
    "before_donation": _l("早于捐赠的日期"),
    "in_the_past": _l("这个时间已过"),
    "end_not_later": _l("应晚于原来的结束时间"),
    "before_receipt": _l("不能早于收到的日期"),
    "before_payment": _l("不能早于付款的日期"),
    "ends_before_start": _l("结束时间应晚于开始时间"),
    "window_invalid": _l("配捐时段应有开始和结束，且结束晚于开始"),
    "term_not_ahead": _l("期限须在今天之后，最长 %(most_days)s 天"),
    "certificate_expires": _l("证书在活动结束前到期"),
    "filed_after_start": _l("备案日期晚于活动开始"),
    "not_a_page_address": _l("请填写网页地址，例如 https://www.example.org"),
    "window_outside": _l("这个时段不在活动时间之内"),
    "no_project": _l("还没有项目参加，请先加入项目"),
    "amount_ambiguous": _l("请写清金额：是 %(readings_minor)s 元中的哪一个？"),
    "too_fine": _l("金额最多两位小数"),
    "time_out_of_range": _l("时间超出范围"),
    "spreadsheet_number": _l("表格软件把这一格变成了数字 %(value)s，原来的内容已丢失；请把该列设为文本后重新填写"),
    "spreadsheet_error": _l("这一格是表格软件的错误值 %(value)s"),
    "workbook": _l(
        "这是 Excel 或 WPS 的工作簿，不能直接读取；请打开它，选“另存为”“CSV UTF-8（逗号分隔）”，再导入另存的文件"
    ),
    "not_a_table": _l("这不是表格文件；请导入 CSV 文件"),
    "unreadable_encoding": _l("无法识别文件编码，请另存为 UTF-8 格式的 CSV"),
    # choices and shapes
    "not_one_of": _l("请选择：%(options)s"),
    "given_twice": _l("出现了不止一次"),
    "not_an_object": _l("应是一个 JSON 对象"),
    "no_rule": _l("通知格式里没有规则说明这条通知"),
    "not_json": _l("不是 JSON"),
    "not_as_described": _l("不合格式说明：%(reason)s"),
    "not_a_private_key": _l("不是有效的 RSA 私钥（PKCS #8，至少 2048 位）"),
    "not_a_public_key": _l("不是有效的 RSA 公钥或证书（至少 2048 位，在有效期内）"),
    "serial_differs": _l("证书的序列号是 %(serial)s"),
    "not_codes": _l("应是代码的列表"),
    "not_ids": _l("应是编号的列表"),
    "event_and_batch": _l("应是一个事件，或一批事件，不能两者都有"),
    "no_events": _l("应是至少有一个事件的列表"),
    "too_deep": _l("嵌套层数太多"),
    "unknown_field": _l("没有这个字段"),
    "unknown_setting": _l("没有这项复核标准"),
    "unknown_organisation": _l("组织网络里没有这个机构，请核对"),
    "unknown_project": _l("没有这个项目"),
    "too_many_lines": _l("最多 %(most)s 行"),
    "not_in_statement": _l("月报里没有这一行"),
    "nothing_changed": _l("没有改动"),
    "nothing_to_watch": _l("这笔捐赠没有可列入名单的这一项"),
    # rules of pots
    "ratio_out_of_range": _l("配捐比例应大于 0，最高 %(most_bps)s"),
    "least_above_most": _l("最低比例不能高于最高比例"),
    "unknown_levels": _l("没有这一级：%(values)s"),
    "unknown_tiers": _l("没有这一类项目：%(values)s"),
    "unknown_organisations": _l("有的地区不存在，请重新选择：%(values)s"),
    "unknown_projects": _l("有的项目不存在，请重新选择：%(values)s"),
    "no_project_fits": _l("没有项目能同时符合这些范围条件，谁也得不到配捐"),
    "cap_not_positive": _l("上限应大于 0；没有上限请留空"),
    "cap_below_minimum": _l("低于最小一笔捐赠应得的配捐（%(least_minor)s 元），这样的捐赠永远配不足"),
    "cap_above_wider": _l("高于范围更大的上限（%(wider)s），永远达不到"),
    "goal_not_positive": _l("目标应大于 0"),
    "goal_missing": _l("请填写要达到的人数或金额"),
    "two_goals": _l("人数和金额只能选一个"),
    "person_not_kept": _l("按捐赠人查找的，请直接下载"),
    "not_for_criterion": _l("只有“最先筹到一个数”要填"),
    "not_for_this_kind": _l("这一类配捐池没有这项规则（%(kind)s）"),
    "random_needs_payment": _l("随机池只能在支付后配捐：若在提交时配捐，捐赠人可以取消后重新抽取"),
    "rules_before_now": _l("不能早于现在：已经承诺的配捐仍按原来的规则"),
    "rules_after_last_match": _l("这时活动的配捐已经结束，规则用不到任何捐赠"),
    "tranche_not_positive": _l("每批金额应大于 0"),
    "tranche_after_last_match": _l("有一批在活动的配捐结束以后才开放，配不到任何捐赠"),
    "tranches_at_same_time": _l("两批额度不能在同一时间开放"),
    # lines of a file
    "unreadable": _l("无法读取"),
    "missing_columns": _l("缺少这些列：%(columns)s"),
    "wrong_column_count": _l("有 %(count)s 列，应有 %(expected)s 列"),
    "no_rows": _l("文件里没有数据行"),
    "not_unpacked": _l("无法解压：压缩包不完整、损坏或有密码"),
    "unpacked_too_large": _l("解压后超过 %(most_bytes)s 字节，请按天分开导入"),
    "not_one_table": _l("压缩包里应正好有一份明细 CSV；现在有：%(names)s"),
    "totals_missing": _l("账单末尾没有合计，文件可能不完整；请重新下载后导入"),
    "another_merchant": _l("账单是商户 %(stated)s 的，这个平台的商户是 %(expected)s"),
    "total_differs": _l("账单写的合计是 %(total)s，各行加起来是 %(lines)s；请重新下载，不要改动文件"),
    "sum_differs": _l(
        "文件写的合计是 %(total_minor)s 元，各行加起来是 %(sum_minor)s 元；请核对有没有漏行、多行或写错"
    ),
    "now_is": _l("现在是“%(now)s”；要换成您写的，再保存一次"),
    "tier_beyond_branch": _l("您的范围不能申报这一类，可以申报：%(options)s"),
    "organisation_closed": _l("这个机构已关闭"),
    "same_node": _l("不能并入自己"),
    "other_level": _l("须是同一级别的机构，市级不能并入"),
    "other_county": _l("须在同一个县区里"),
    "no_level_below": _l("村（社区）下面没有下级机构"),
    "too_many_rows": _l("一次最多 %(most)s 行"),
    "too_many_values": _l("文件里的数据项太多，最多 %(most)s 项，请分成几个文件"),
    "repeated_line": _l("与第 %(line)s 行重复"),
    "corrects_unknown": _l("没有这条可以更正的流水"),
    "corrects_another": _l("要更正的流水是别的捐赠、类型或币种"),
    "corrects_too_much": _l("更正后这笔收款少于零，多减了 %(over_minor)s 元"),
    "refund_never_left": _l("退回的退款比账单里退出去的多 %(over_minor)s 元；退款的金额应为负数"),
    "line_of_another": _l("以前属于“%(before)s”，现在属于“%(now)s”"),
    "reference_used": _l("这个凭证号以前用于另一笔：%(before)s"),
    "unusually_large": _l("超过 %(most_minor)s 元；请核对金额，确认无误须写明原因"),
    "minor_large": _l("未成年人的捐赠超过 %(most_minor)s 元；请向监护人核实，确认无误须写明原因"),
    "unusually_old": _l("是 %(most_days)s 天以前的捐赠；请核对时间，确认无误须写明原因"),
    "unusual_day": _l("今天导入的合计将达 %(day_minor)s 元，超过 %(most_minor)s 元；请核对，确认无误须写明原因"),
    "correction_of_what": _l(
        "负数是更正：请在 corrects（更正凭证号）一列写明更正哪一笔，或把凭证号写成“原凭证号-R”"
    ),
    "correction_not_negative": _l("更正的金额应为负数，即要收回的部分"),
    "correction_reason": _l("更正须写明原因：填写 reason（原因）一列，或在确认时写明"),
    "second_person": _l("须由录入人以外的人确认"),
    "no_payment_report": _l("这不是付款回执：请导入 ISO 20022 pain.002"),
    "message_unknown": _l("没有已送银行的付款文件用这个编号"),
    "payment_unknown": _l("付款文件里没有这笔付款"),
    "payment_amount": _l("付款文件里是 %(before_minor)s 元，回执里是 %(now_minor)s 元"),
    "payment_made": _l("银行对账单或登记显示这笔付款已付出，回执却说拒付：请向银行核实"),
    "payment_refused": _l("这笔付款已登记为没有付，回执却说受理：请向银行核实，以免付两次"),
    "answer_changed": _l("同一份回执以前导入时不是这样说的"),
    "large_unconfirmed": _l("请确认大额捐赠的金额正确"),
    "other_person": _l("须由另一人确认"),
    "place_required": _l("请填写机构代码，或县区、乡镇、村的名称"),
    "place_not_found": _l("没有找到“%(name)s”；请按组织网络里的名称填写，或改填机构代码"),
    "place_ambiguous": _l("有几个同名的地区（%(codes)s 等）；请写明县区和乡镇，或改填机构代码"),
    "outside_branch": _l("不属于您所在的机构及其下级"),
    "differs": _l("与已有的不同，以前是“%(before)s”；导入不改动已有的内容"),
    "target_differs": _l("与已有的不同，以前是 %(before_minor)s 元；导入不改动已有的内容"),
    "degrees": _l("应是 -%(most)s 至 %(most)s 之间的度数；经度和纬度要一起填"),
    "renamed": _l("将改名，以前叫“%(before)s”"),
    "unknown_reference": _l("没有这笔线下捐赠：%(reference)s"),
    "other_project": _l("原来那笔捐给项目 %(expected)s"),
    "more_than_left": _l("超过这笔捐赠还剩的 %(left_minor)s 元"),
    "no_campaign_open": _l("这个时间没有活动在为这个项目募款"),
    "parent_missing": _l("文件里和组织网络里都没有这个上级"),
    "parent_in_tree": _l("上级“%(name)s”不在文件里，系统里已有，新的机构加在它下面"),
    "parent_required": _l("这一级（%(level)s）应有上级"),
    "parent_not_allowed": _l("这一级（%(level)s）没有上级"),
    "parent_level": _l("上级应是：%(expected_level)s"),
    # bank statements
    "no_bank_statement": _l("这不是银行对账单：请导入 ISO 20022 camt.053，或有借方、贷方金额的 CSV"),
    "document_type": _l("不接受带文档类型声明（DOCTYPE）的 XML"),
    "account_missing": _l("缺少账号：请在表格里加“账号”一列，或在表头上方写明“账号：……”"),
    "one_side": _l("收入和支出应正好填一个，收入为正数，支出为负数"),
    "both_sides": _l("借方和贷方只能填一个"),
    "balance_off": _l("期初余额加发生额是 %(expected_minor)s 元，对账单写的余额是 %(stated_minor)s 元：可能缺行"),
    "balance_gap": _l("这一行之前的余额是 %(before_minor)s 元，文件里没有哪一行到这个余额：可能缺行"),
    "parts_differ": _l("明细合计 %(parts_minor)s 元，这一行是 %(line_minor)s 元"),
    "not_booked": _l("银行还没有入账，这一行先不导入；入账后再导入一次"),
    "project_held": _l("支付时项目已暂停或在黑名单上，这一笔先放在待办消息里，不入账"),
    "moved_in_tree": _l("这个地区已在组织树的其他位置"),
}
# Parameters that are codes are shown by their labels.
_LABELS = {"wider": CAPS, "kind": POT_KINDS, "level": LEVELS, "expected_level": LEVELS}
_CHOICES = (
    POT_KINDS,
    POT_MODES,
    FUND_KINDS,
    LEVELS,
    TIERS,
    STANDINGS,
    WATCHED,
    CASE_STATES,
    ROLES,
    THEMES,
    PEOPLE_SHOWN,
    REMOVALS,
    AWARD_AMONG,
    AWARD_CRITERIA,
    AWARD_TIES,
)


def fault_text(fault: Fault) -> str:
    """Return the text of a fault in the reader's language, with labels instead of codes."""
    return str(FAULTS[fault.code]) % {name: _labelled(name, value) for name, value in fault.params.items()}


def program_text(fault: Fault) -> str:
    """Return the text of a fault for programs and commands: in English, with the codes that they must send."""
    with force_locale("en") if language() != "en" else nullcontext():
        return str(FAULTS[fault.code]) % {name: shown(name, value) for name, value in fault.params.items()}


def _labelled(name: str, value: Any) -> str:
    if name == "options":
        tables = sorted(
            (table for table in _CHOICES if set(value) <= set(table)), key=len
        )  # all options, or a part
        labels = next(iter(tables), {})
        return shown(name, [word(labels, option) for option in value])
    return word(_LABELS[name], value) if name in _LABELS else shown(name, value)
