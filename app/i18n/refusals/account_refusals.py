"""The texts of refusals around accounts, tokens and the network."""

from flask_babel import lazy_gettext as _l

ACCOUNT_REFUSALS = {
    "account_own": _l("不能停用自己的账号，请另一位管理员来做。"),
    "code_wrong": _l("验证码不对，或者已经用过。请等应用显示下一个再填。"),
    "invitation_unknown": _l("没有这份邀请，或者已经用过、过期或撤回。"),
    "last_admin": _l("这是最后一位全网管理员，不能停用或改任其他角色。请先指定另一位。"),
    "link_unknown": _l("这个链接已失效：可能已经用过、过期或撤回。请向发给您的人再要一个。"),
    "login_used": _l("这个用户名已被使用。"),
    "manager_invalid": _l("请检查标出的项目。"),
    "manager_unknown": _l("没有这位管理员。"),
    "not_permitted": _l("您没有权限做这件事。"),
    "organisation_in_use": _l(
        "还不能关闭：下级机构 %(nodes)s 个、没有结项的项目 %(projects)s 个、在用的账号 %(accounts)s 个、"
        "没有结束的活动 %(campaigns)s 个。"
    ),
    "organisation_invalid": _l("请检查标出的项目。"),
    "organisation_unknown": _l("没有这个地区。"),
    "parent_closed": _l("上级机构已关闭，请先启用上级。"),
    "password_expired": _l("这个首次密码已过期。请让管理员再发一个设密码的链接。"),
    "password_link_own": _l("不能给自己发新密码链接：请在“我的账号”里修改；忘了密码，请另一位管理员来做。"),
    "role_beyond_own": _l("不能授予或改动超出自己权限的角色。"),
    "second_bill_missing": _l("这条差异没有可以改用的后一份账单。"),
    "second_factor_exists": _l("两步验证已经开启。"),
    "second_factor_own": _l("不能重置自己的两步验证，请另一位管理员来做。"),
    "second_person_needed": _l("管理员不能由一个人设立：先给这个账号别的角色，再改为管理员，由第二个人批准。"),
    "session_unknown": _l("没有这次登录。"),
    "sign_in_failed": _l("用户名或密码不对。"),
    "staff_invalid": _l("请填写联系方式。"),
    "staff_unknown": _l("没有这个联系方式。"),
    "token_invalid": _l("令牌无效、不完整或已失效。"),
    "token_missing": _l("缺少访问令牌。"),
    "token_terms_invalid": _l("请检查标出的项目。"),
    "token_unknown": _l("没有这个令牌。"),
}
