"""The blueprint of donor pages, CSRF protection, and the requested page of a list."""

from typing import Any

from flask import Blueprint, Flask, request, url_for
from flask_wtf.csrf import CSRFProtect

from app.current import settings
from app.emblems import drawing_of
from app.i18n import (
    accounting_labels,
    desk_labels,
    giving_labels,
    job_labels,
    labels,
    locale,
    monthly,
    names,
    pot_rules,
)
from app.shared_pages.parts import once, once_per_content
from app.web.browser import from_own_page, keeps_no_cookies, wechat_methods
from app.web.link_preview import link_preview
from campaigns.disclosure.pictures import Picture
from campaigns.donations.donation_number import number_of, short_number_of
from config import Config
from kernel.paging import Page

blueprint = Blueprint("web", __name__)
_csrf = CSRFProtect()

MAX_PAGE = 100_000
_READING = ("GET", "HEAD", "OPTIONS")  # send no form


def set_up(app: Flask) -> None:
    """Set up languages and CSRF protection, for donor and manager pages alike. Idempotent."""
    if "csrf" in app.extensions:
        return
    locale.init_app(app)
    # Programs send no CSRF token, so only blueprints of pages check it, with `guard`.
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # valid as long as the session, because donors may take their time
    app.config["WTF_CSRF_SSL_STRICT"] = False  # the token decides; some phones send no Referer
    _csrf.init_app(app)
    # Not a context processor: macros that are imported without their page's context have these names too.
    app.jinja_env.globals |= _template_names(settings(app))
    app.jinja_env.filters |= {"drawing_of": drawing_of, "number_of": number_of, "short_number_of": short_number_of}


def guard() -> None:
    """Refuse a form that did not come from our own page (for `before_request`)."""
    _csrf.protect()


def guard_donors() -> None:
    """Refuse a donor's form that did not come from our own page. Without cookies there is no session that a foreign
    form could abuse, so it is enough that the browser names one of our pages as the origin."""
    if request.method not in _READING and not (keeps_no_cookies() and from_own_page()):
        _csrf.protect()


_LABELS = (labels, desk_labels, giving_labels, job_labels, accounting_labels, monthly)
_TABLES = {name: table for module in _LABELS for name, table in vars(module).items() if name.isupper()}


def _template_names(config: Config) -> dict[str, Any]:
    shown = {
        "public_url": config.public_url,
        "sandbox": config.sandbox,
        "training": config.training,
        "word": labels.word,
        "link_preview": link_preview,
        "once": once,
        "once_per_content": once_per_content,
        "wechat_methods": wechat_methods,
        "rule_lines": pot_rules.rule_lines,
        "actor_name": names.actor_name,
        "picture_url": picture_url,
        "source_name": names.source_name,
        "step_name": names.step_name,
        "waited": names.waited,
    }
    return {**_TABLES, **shown}


def picture_url(picture: Picture, width: int) -> str:
    """Return the URL of a picture's file."""
    return url_for("web.photo", file_key=picture.file_key, width=width)


def requested_page(size: int) -> Page:
    """Return the page named by `?page=`, or the first page if that is not a page number."""
    text = request.args.get("page", "1")
    valid = text.isascii() and text.isdigit() and len(text) < 9
    return Page(min(max(int(text), 1), MAX_PAGE) if valid else 1, size)


blueprint.before_request(guard_donors)
