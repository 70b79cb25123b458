"""The texts of refusals around projects, their pictures and news."""

from flask_babel import lazy_gettext as _l

PROJECT_REFUSALS = {
    "news_full": _l("一个项目最多 %(most)s 条消息。"),
    "news_invalid": _l("请检查标出的项目。"),
    "news_unknown": _l("没有这条消息。"),
    "picture_invalid": _l("这张图片不能用。"),
    "picture_unknown": _l("没有这张图片。"),
    "pictures_full": _l("一个项目最多 %(most)s 张图片，请先撤下几张。"),
    "pictures_unavailable": _l("图片暂时存取不了，请稍后再试。"),
    "project_code_used": _l("这个项目编号已被使用。"),
    "project_invalid": _l("请检查标出的项目。"),
    "project_not_approved": _l("只有已立项的项目才能参加，还没有立项的是：%(projects)s。"),
    "project_not_entered": _l("这个项目没有参加本活动。"),
    "project_not_in_campaign": _l("这个项目现在不在本活动中募款。"),
    "project_state": _l("项目当前状态不能做这件事。"),
    "project_unknown": _l("没有这个项目。"),
}
