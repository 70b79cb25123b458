"""The texts of refusals around bank statements, differences and objections."""

from flask_babel import lazy_gettext as _l

CLOSING_REFUSALS = {
    "goal_invalid": _l("请检查标出的内容。"),
    "award_early": _l("结果公示以后才能公布表彰。"),
    "award_invalid": _l("请检查标出的内容。"),
    "award_limit": _l("一个活动最多 %(most)s 个奖项。"),
    "award_none": _l("这个活动没有奖项。"),
    "award_too_late": _l("活动结束以后，奖项不能再增加或去掉：评选办法要事先公布。"),
    "award_unchanged": _l("账上和已公布的一致，不用更正。"),
    "award_unknown": _l("没有这个奖项。"),
    "booking_account_invalid": _l("请从列出的账户里选一个。"),
    "discrepancy_ended": _l("这条差异已经处理过。"),
    "discrepancy_not_signed_off": _l("这条差异没有签字，不能撤回。"),
    "discrepancy_unknown": _l("没有这条差异。"),
    "notice_over": _l("现在不在公示期，不能提出异议。"),
    "objection_invalid": _l("请检查标出的内容。"),
    "objection_limit": _l("等待答复的异议已有 %(most)s 件，请稍后再提。"),
    "objection_unknown": _l("没有这件异议。"),
    "objection_answered": _l("这件异议已经答复过。"),
    "notice_missing": _l("结果还没有公示，没有可更正的公告。"),
    "notice_unchanged": _l("账上和最近一份公告一致，不用更正。"),
    "notice_unknown": _l("没有这份公告。"),
    "sample_early": _l("结果公示以后才能抽样。"),
    "sample_drawn": _l("这个种子词已经用过，请换一个。"),
    "sample_invalid": _l("请检查标出的内容。"),
    "sample_unknown": _l("没有这条抽样记录。"),
    "sample_mark_invalid": _l("请检查标出的内容。"),
    "differences_changed": _l("差异刚刚有变化，请重新核对笔数和金额。"),
    "bank_line_contradicts": _l("对账单与以前导入的内容矛盾，没有导入任何内容。"),
}
