"""The texts of refusals around donors' words, teams, questions, and acts that wait for a second person."""

from flask_babel import lazy_gettext as _l

PEOPLE_REFUSALS = {
    "approval_ended": _l("这件事项已经有了决定，或已过期。"),
    "approval_open": _l("同一件事已经有人提交，正在等第二个人批准（第 %(approval)s 号）。"),
    "approval_own": _l("自己提交的事项须由另一个人决定。"),
    "approval_requester_ended": _l("提交人的账号或令牌已停用，或已没有这项权限；请谢绝，需要时由他人重新提交。"),
    "approval_unknown": _l("没有这件待批准的事项。"),
    "page_not_ready": _l("访问的人很多，这一页还没有备好，请过几秒刷新。"),
    "question_answered": _l("这个问题已经答复过。"),
    "question_invalid": _l("请写下您的问题，最多 500 字。"),
    "question_limit": _l("一笔捐赠最多问 %(most)s 个问题，请打电话联系主办方。"),
    "question_unknown": _l("没有这个问题。"),
    "reduced_mode": _l("现在只开放捐赠，这一页稍后恢复。"),
    "switch_invalid": _l("开关只能是 auto、on 或 off。"),
    "team_ended": _l("这支队伍的名称没有获准，或已撤下。"),
    "team_exists": _l("已经有一支名称看起来一样的队伍，请换一个名称。"),
    "team_invalid": _l("请检查队名。"),
    "team_unknown": _l("没有这支队伍。"),
    "teams_waiting": _l("等着看的队名太多了，请过一会儿再建。"),
    "tribute_invalid": _l("请写明为谁而捐，最多 40 个字。"),
    "words_unknown": _l("没有这条留言，或它已不再公开。"),
    "words_withdrawn": _l("捐赠人已撤回这条留言，不能再公开。"),
}
