"""The language of a request: Chinese, or English on demand. `?lang=en` is kept in a cookie; msgids are Chinese."""

import re
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from babel import Locale
from flask import Flask, Response, current_app, g, has_request_context, request
from flask_babel import Babel, Domain, get_locale, get_translations, gettext, ngettext
from markupsafe import Markup, escape
from werkzeug.http import dump_cookie

from kernel.clock import SHANGHAI
from kernel.money import BPS_WHOLE, ratio, yuan

LANGUAGES = ("zh", "en")
_LOCALES = {name: Locale.parse(name) for name in LANGUAGES}
COOKIE = "lang"
_YEAR = 365 * 24 * 3600  # seconds


class _Texts(Domain):  # type: ignore[misc]
    """The texts of the catalogue. Flask-Babel looks for the language, and for its catalogue by the name of the
    language, at each text, a hundred times per page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._catalogues: dict[str, Any] = {}

    def get_translations(self) -> Any:
        """Return the catalogue of the current language."""
        locale = _current_locale()
        if locale is None:
            return super().get_translations()
        catalogue = self._catalogues.get(locale.language)
        if catalogue is None:
            catalogue = self._catalogues[locale.language] = super().get_translations()
        return catalogue


class _Babel(Babel):  # type: ignore[misc]
    @cached_property
    def domain_instance(self) -> Domain:
        return _Texts(domain=self.domain)


_babel = _Babel()
# Chinese within a text: from its first character, with the opening marks before it, to its last. A name with a
# number in it and a whole sentence with its marks are each one run.
_HAN = re.compile(
    r"[“‘（《【]*[\u3400-\u9fff](?:[\d\s():/.%%+%s-]*[\u3400-\u9fff])*[%s]*"
    % (("\u3000-\u303f\uff00-\uffef·…—“”‘’",) * 2)
)
_AS_CHINESE = r'<span lang="zh-CN">\g<0></span>'


def init_app(app: Flask) -> None:
    """Set up both languages for an application. Idempotent."""
    if "babel" in app.extensions:
        return
    _babel.init_app(
        app,
        default_locale="zh",
        default_timezone="Asia/Shanghai",
        default_translation_directories=str(Path(__file__).with_name("translations")),
        locale_selector=lambda: _LOCALES[chosen()],  # parsed once, not for each request
    )
    app.after_request(_remember)
    app.jinja_env.globals |= {"_": translated, "gettext": translated}
    app.jinja_env.filters |= {"yuan": yuan, "whole_yuan": whole_yuan, "short_yuan": short_yuan}
    app.jinja_env.filters["short_sum"] = short_sum
    app.jinja_env.filters |= {"when": when, "clock": clock, "day": day, "soon": soon}
    app.jinja_env.filters |= {"day_and_time": day_and_time, "ratio": ratio, "times": times}
    app.jinja_env.filters |= {"dialled": dialled, "day_of": day_of, "zh": marked_chinese}
    app.jinja_env.globals |= {"language": language, "other_language_url": other_language_url}
    app.jinja_env.globals |= {"ngettext": translated_number, "counted": translated_count, "zh_mark": chinese_mark}


def chosen() -> str:
    """Return the language that the address or the cookie chooses for this request, otherwise Chinese, as for
    commands."""
    if not has_request_context():
        return "zh"
    for wanted in (_named(), request.cookies.get(COOKIE)):
        if wanted in LANGUAGES:
            return wanted
    return "zh"


def _named() -> str | None:
    """Return the language that the address names, the first of several: a page that refuses them is in a language
    too."""
    return next(iter(request.args.getlist("lang")), None)


def requested_language() -> Literal["zh", "en"]:
    """Return the language that a program requests for its donor (Accept-Language), else Chinese."""
    wanted = (tag.lower().split("-")[0] for tag, quality in request.accept_languages if quality)
    return "en" if next((language for language in wanted if language in LANGUAGES), "zh") == "en" else "zh"


def language() -> str:
    """Return the current language, inside a request or not: zh or en."""
    locale = _current_locale()  # not its text: formatting the tag a hundred times per page is slow
    return "en" if locale is not None and locale.language == "en" else "zh"


def _current_locale() -> Locale | None:
    """Return the locale of the request; None outside of one. `get_locale` asks for the context four times."""
    try:
        known = g.get("_flask_babel")
    except RuntimeError:
        return None
    return getattr(known, "babel_locale", None) or get_locale()


def marked_chinese(text: str | None) -> str | Markup:
    """Return a typed text, or a sentence that names something. On an English page its Chinese is marked as such, so
    that fonts and screen readers treat it right."""
    if not text or language() == "zh" or not _HAN.search(text):
        return text or ""
    return Markup(_HAN.sub(_AS_CHINESE, str(escape(text))))  # noqa: S704 - escaped


def chinese_mark(text: str | None) -> str | Markup:
    """Return the attribute that marks an element as Chinese if its text can hold no other (an option)."""
    return Markup(' lang="zh-CN"') if text and language() == "en" and _HAN.search(text) else ""


def translated_number(singular: str, plural: str, number: int, /, **values: Any) -> Markup:
    """Return a template's text that counts something: English has another for one than for many."""
    return Markup(get_translations().ungettext(singular, plural, number)) % values  # noqa: S704 - our own catalogue


def translated_count(text: str, number: int, /, **values: Any) -> Markup:
    """Return a template's text that contains a number as `count`."""
    return translated_number(text, text, number, count=f"{number:,}", **values)


def counted(text: str, number: int, /, **values: Any) -> str:
    """Return a text that contains a number as `count`: English has another for one than for many."""
    return str(ngettext(text, text, number, count=f"{number:,}", **values))


def translated(text: str, /, **values: Any) -> Markup:
    """Return a template's text in the current language, with its values escaped.

    Does what Flask-Babel does, without looking up the catalogue for each of the hundred texts of a page.
    """
    key = (language(), text)
    if not values:
        plain = _plain.get(key)
        if plain is None:
            plain = _plain[key] = _words(key) % {}
        return plain
    return _words(key) % values


def _words(key: tuple[str, str]) -> Markup:
    words = _texts.get(key)
    if words is None:
        words = _texts[key] = Markup(get_translations().ugettext(key[1]))  # noqa: S704 - our own templates and catalogue
    return words


# Bounded by the number of texts in templates.
_texts: dict[tuple[str, str], Markup] = {}
_plain: dict[tuple[str, str], Markup] = {}  # texts without values


def _remember(response: Response) -> Response:
    wanted = _named()
    if wanted in LANGUAGES and request.cookies.get(COOKIE) != wanted:
        response.headers.add(
            "Set-Cookie", language_cookie(wanted, secure=current_app.config["SESSION_COOKIE_SECURE"])
        )
    return response


def language_cookie(language: str, *, secure: bool) -> str:
    """Return the Set-Cookie header that stores a chosen language."""
    return dump_cookie(COOKIE, language, max_age=_YEAR, samesite="Lax", secure=secure, httponly=True)


def other_language_url() -> str:
    """Return the address of this page in the other language; after a form was sent, that of the form."""
    query = {**request.args.to_dict(), "lang": "zh" if language() == "en" else "en"}
    return f"{request.path}?{urlencode(query)}"


def when(moment: datetime) -> str:
    """Return date and time in Shanghai: '2026-09-09 12:00'."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def clock(moment: datetime) -> str:
    """Return the time of day in Shanghai, to the second."""
    return moment.astimezone(SHANGHAI).strftime("%H:%M:%S")


def day(moment: datetime) -> str:
    """Return the day in Shanghai."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d")


def day_of(day: date) -> str:
    """Return a day as lists show it: '2026-09-09'."""
    return day.isoformat()


def soon(moment: datetime, now: datetime) -> str:
    """Return the time of day in Shanghai, after the date if it is not today: '11-28 04:31', 'Nov 28, 04:31'."""
    local = moment.astimezone(SHANGHAI)
    if local.date() == now.astimezone(SHANGHAI).date():
        return f"{local:%H:%M}"
    return day_and_time(moment) if language() == "en" else f"{local:%m-%d %H:%M}"


def day_and_time(moment: datetime) -> str:
    """Return date and time in Shanghai without the year, for near dates: '11月28日 21:00', 'Nov 28, 21:00'."""
    local = moment.astimezone(SHANGHAI)
    if language() == "en":
        return f"{local:%b} {local.day}, {local:%H:%M}"
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def times(bps: int) -> str:
    """Return basis points as a multiple of the gift: 20,000 is '2', 5,000 is '0.5'."""
    return f"{bps / BPS_WHOLE:.4f}".rstrip("0").rstrip(".")


def short_yuan(amount_minor: int) -> str:
    """Return yuan for small spaces, truncated to a tenth of 万: '54.2 万'. English has no such unit and gets whole
    yuan."""
    if language() == "en" or amount_minor < 10_000_00:
        return whole_yuan(amount_minor // 100 * 100)
    tenths = amount_minor // 1_000_00
    return f"{tenths / 10:,.1f}".removesuffix(".0") + " 万"


def short_sum(amount_minor: int) -> str:
    """Return yuan for small spaces with the unit: '54.2 万元', '9,000 元'."""
    short = short_yuan(amount_minor)
    return f"{short}元" if short.endswith("万") else gettext("%(amount)s 元", amount=short)


def dialled(number: str) -> str:
    """Return a phone number as it is dialled: digits, with any plus sign before them."""
    return "".join(char for char in number if char in "+0123456789")


def whole_yuan(amount_minor: int) -> str:
    """Return yuan without fen if there are none, for figures that are read from a distance."""
    text = yuan(amount_minor)
    return text.removesuffix(".00")
