"""Which shared page a URL means, if any. Parameters that the page does not declare are ignored."""

from collections import Counter
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.sansio.http import parse_cookie

from app.http.errors import PROGRAMS
from app.i18n.locale import COOKIE, LANGUAGES
from app.shared_pages.declare import shared_of

MOST_ADDRESS = 300  # characters; longer URLs are not served from memory
MOST_KNOWN = 5_000  # URLs whose meaning is cached


class Meaning(NamedTuple):
    """A shared page: its endpoint, path and declared parameters; `language` if the URL names one. `private`: it
    contains what a visitor typed, so it is built for this visitor only."""

    endpoint: str
    path: str
    query: str
    language: str
    speaks: bool
    private: bool


class Addresses:
    """A bounded cache of the meaning of URLs."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._urls = app.url_map.bind("localhost")
        rules = [rule for rule in app.url_map.iter_rules() if shared_of(app.view_functions.get(rule.endpoint))]
        self._first = {rule.rule.split("/")[1] for rule in rules}
        self._known: dict[tuple[str, str], Meaning | None] = {}

    def meaning(self, path: str, query: str) -> Meaning | None:
        """Return the shared page of a path and query string; None if they mean anything else."""
        try:
            return self._known[path, query]
        except KeyError:
            pass
        if path[1:].partition("/")[0] not in self._first or len(path) + len(query) > MOST_ADDRESS:
            return None
        meaning = self._read(path, query)
        if meaning is not None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[path, query] = meaning
        return meaning

    def _read(self, path: str, query: str) -> Meaning | None:
        if not path.isascii() or not query.isascii():
            return None
        try:
            endpoint, _ = self._urls.match(path, "GET")
        except (HTTPException, RequestRedirect):
            return None
        shared = shared_of(self._app.view_functions[endpoint])
        if shared is None:
            return None
        pairs = parse_qsl(query, keep_blank_values=True)
        values = dict(reversed(pairs))
        repeated = {name for name, count in Counter(name for name, _value in pairs).items() if count > 1}
        if repeated and (path.startswith(PROGRAMS) or repeated & shared.parameters):  # the application refuses it
            return None
        private = any(values.get(name) for name in shared.private)
        kept = sorted((name, value) for name, value in values.items() if name in shared.parameters)
        language = values.get("lang", "")
        named = language if shared.speaks and language in LANGUAGES else ""
        return Meaning(endpoint, path, urlencode(kept), named, shared.speaks, private)


def languages(meaning: Meaning, cookies: str) -> tuple[str, str]:
    """Return the language of a page, and the one that its reader's cookie names; empty if the page has only one."""
    if not meaning.speaks:
        return "", ""
    remembered = remembered_language(cookies)
    return meaning.language or remembered or "zh", remembered


def remembered_language(cookies: str) -> str:
    """Return the language in a Cookie header; empty if there is none."""
    if f"{COOKIE}=" not in cookies:
        return ""
    language = parse_cookie(cookies).get(COOKIE, "")
    return language if language in LANGUAGES else ""
