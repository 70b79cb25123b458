"""What the reader's browser can do: whether it keeps our cookies, and what works inside WeChat's own browser."""

from typing import NamedTuple

from flask import current_app, request

from app.current import deps, settings

_WECHAT = "MicroMessenger"  # in the User-Agent of WeChat's built-in browser, and of no other


class WechatMethods(NamedTuple):
    """Ways to pay: those that work inside WeChat's own browser, and those that need another."""

    here: tuple[str, ...]
    elsewhere: tuple[str, ...]


def wechat_methods() -> WechatMethods | None:
    """Return what works where, for a reader inside WeChat; None for everybody else, and when everything works."""
    if _WECHAT not in request.headers.get("User-Agent", ""):
        return None
    config = settings()
    here = tuple(method for method in config.stripe_methods if method in config.stripe_methods_in_wechat)
    elsewhere = tuple(method for method in config.stripe_methods if method not in here)
    return WechatMethods(here, elsewhere) if elsewhere else None


def keeps_no_cookies() -> bool:
    """Whether the browser sent no session: it has none yet, or refuses cookies."""
    return current_app.config["SESSION_COOKIE_NAME"] not in request.cookies


def from_own_page() -> bool:
    """Whether the browser itself says that one of our pages sent the form. Other sites cannot forge that."""
    own = (request.host_url.rstrip("/"), deps().public_url)
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin in own
    return request.headers.get("Referer", "").startswith(tuple(f"{site}/" for site in own))
