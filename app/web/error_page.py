"""The error page in the reader's language. Does not query the database, which may be what failed."""

from flask import Response, g, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from app.http.auth import may_see_donation
from app.http.donor_cookie import page_address
from app.i18n.refusals.refusals import REFUSALS
from app.web.browser import keeps_no_cookies


def error_page(status: int, code: str, error: Exception | str = "") -> Response:
    """Return the error page with `status`. `error`: the exception, or a text for the reader."""
    headline, advice = _words(status)
    if isinstance(error, CSRFError):
        code = "cookies_off" if keeps_no_cookies() else "csrf"
        headline = _("请允许 Cookie 后再试") if keeps_no_cookies() else _("页面放久了，请再提交一次")
    if code in REFUSALS:
        advice = str(REFUSALS[code])
    elif isinstance(error, str) and error:
        advice = error
    response = make_response(
        render_template(
            "web/error.html",
            status=status,
            code=code,
            headline=headline,
            advice=advice,
            request_id=g.get("request_id", ""),
            back=_form_page() if isinstance(error, CSRFError) else None,
            campaign_page=_campaign_page(code),
        ),
        status,
    )
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response


def _form_page() -> str | None:
    """Return the URL of the page whose form was refused, or None. Opening it changes nothing."""
    arguments = request.view_args or {}
    if request.endpoint == "web.create_donation":
        return url_for("web.donate", **arguments)
    if "donation_id" in arguments and may_see_donation(
        arguments["donation_id"], next(iter(request.form.getlist("token")), "")
    ):
        return page_address(arguments["donation_id"])
    return None


def _campaign_page(code: str) -> str | None:
    """Return the URL of the campaign that lacks what was asked for, such as a project, or whose page reduced mode
    leaves out; None without one."""
    slug = (request.view_args or {}).get("slug")
    within = code == "reduced_mode" or (code.endswith("_unknown") and code != "campaign_unknown")
    return url_for("web.campaign", slug=slug) if slug and within else None


def _words(status: int) -> tuple[str, str]:
    """Return the headline and advice for a status."""
    known = {
        400: (_("请求无法理解"), _("请返回上一页再试一次。")),
        401: (_("需要登录"), _("请先登录，或检查链接是否完整。")),
        403: (_("没有权限"), _("您不能查看或操作这里的内容。")),
        404: (_("没有找到"), _("这里没有您要的页面，可能链接不完整或已失效。")),
        405: (_("不支持这种访问方式"), _("请从页面上的按钮或链接进入。")),
        409: (_("现在不能这样做"), _("情况已经变化，请返回刷新后再试。")),
        410: (_("内容已不再提供"), _("这个页面已经撤下。")),
        413: (_("提交的内容太大"), _("请减少内容后再提交。")),
        422: (_("填写有误"), _("请返回检查填写的内容。")),
        429: (_("操作太频繁"), _("请稍等片刻再试。")),
        503: (_("系统繁忙，请稍后再试"), _("您的操作没有生效，几秒后再试即可。")),
    }
    fault = (_("系统出了问题"), _("这是我们的问题，已经记录。请稍后再试；联系我们时请提供请求编号。"))
    return known.get(status, fault)
