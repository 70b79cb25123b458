"""The text of every problem that is not a refusal: an error of the web framework, by our code for it."""

from contextlib import nullcontext

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from app.i18n.locale import language
from app.i18n.refusals.refusals import code_text

PROBLEMS = {
    "address_too_long": _l("网址太长。"),
    "body_too_large": _l("提交的内容太大。"),
    "body_too_slow": _l("提交的内容没有及时到齐。"),
    "headers_too_large": _l("请求头太大。"),
    "http_error": _l("请求无法处理。"),
    "media_type_unsupported": _l("请求内容必须是 application/json。"),
    "method_not_allowed": _l("这个网址不支持这种访问方式。"),
    "not_acceptable": _l("不能按所要求的格式回答。"),
    "not_found": _l("没有这个网址。"),
    "request_invalid": _l("请求无法理解。"),
    "validation_failed": _l("请求内容与接口说明不符。"),
}


def problem_text(code: str, locale: str) -> str:
    """Return the text of a problem; a code without a text stands for itself."""
    with force_locale(locale) if locale != language() else nullcontext():
        return str(PROBLEMS[code]) if code in PROBLEMS else code_text(code)
