"""What the visitor's browser supports: whether it keeps our cookies, and how it can pay inside WeChat."""

from typing import NamedTuple

from flask import current_app, request

from app.current import deps, settings

_WECHAT = "MicroMessenger"  # in the User-Agent of WeChat's built-in browser only


class WechatMethods(NamedTuple):
    """Payment methods: `here` work inside WeChat's built-in browser, `elsewhere` need another one."""

    here: tuple[str, ...]
    elsewhere: tuple[str, ...]


def wechat_methods() -> WechatMethods | None:
    """Return which payment methods work inside WeChat. None for other browsers, or if all of them work."""
    if _WECHAT not in request.headers.get("User-Agent", ""):
        return None
    config = settings()
    here = tuple(method for method in config.stripe_methods if method in config.stripe_methods_in_wechat)
    elsewhere = tuple(method for method in config.stripe_methods if method not in here)
    return WechatMethods(here, elsewhere) if elsewhere else None


def keeps_no_cookies() -> bool:
    """Return whether the browser sent no session cookie: it is new, or refuses cookies."""
    return current_app.config["SESSION_COOKIE_NAME"] not in request.cookies


def from_own_page() -> bool:
    """Return whether the browser's headers name one of our pages as the form's. Other sites cannot forge that."""
    own = (request.host_url.rstrip("/"), deps().public_url)
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin in own
    return request.headers.get("Referer", "").startswith(tuple(f"{site}/" for site in own))
