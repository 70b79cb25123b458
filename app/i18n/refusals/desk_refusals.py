"""The texts of refusals on the pages where a federation runs its campaigns."""

from flask_babel import lazy_gettext as _l

DESK_REFUSALS = {
    "export_invalid": _l("请检查标出的内容。"),
    "export_limit": _l("同时最多导出 %(most)s 个文件，请等前面的写完。"),
    "export_not_there": _l("这个文件还没有写好，或者已经删除。"),
    "export_unknown": _l("没有这个导出。"),
    "case_open": _l("这笔捐赠的配捐正在复核，请先决定个案。"),
    "correction_invalid": _l("请检查标出的内容。"),
    "donation_not_counted": _l("只有已支付、没有争议的捐赠才能更正项目。"),
    "merge_blocked": _l(
        "现在还不能并入。进行中的活动：%(campaigns)s；规则写着这里的配捐池：%(pots)s；"
        "正在拨往这里的款项：%(payments)s 笔。等活动释放、规则改好、款项到账后再并。"
    ),
    "merge_invalid": _l("请检查并入哪个机构。"),
    "no_station": _l("只有启用中的乡镇街道和村（社区）有站点清单。"),
    "node_merged": _l("这个机构已并入 %(into)s。"),
    "note_invalid": _l("请检查备注。"),
    "view_invalid": _l("请检查视图的名称和筛选条件。"),
    "view_unknown": _l("没有这个视图，或者不是您存的。"),
    "views_limit": _l("视图已有 %(most)s 个，请先删掉不用的。"),
    "refund_pending": _l("这笔捐赠的退款正要送出，等结果出来再更正。"),
}
