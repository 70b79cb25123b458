"""What was typed into a refused form, shown again in the form on the page that the browser is sent back to.

The form's content travels in the browser's session cookie, sealed, until the next page is shown. A form without a
script therefore keeps it, and no view has to know. Passwords, keys, files and hidden fields are never filled in,
except the values that a form showed.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

from flask import request, session
from werkzeug.wrappers import Response

from app.console.written import PREFIX
from app.current import deps
from app.http.repeats import FIELD
from kernel.errors import Refusal

_SESSION_KEY = "refused_form"
_MOST_BYTES = 1_800  # compressed; a cookie has 4,096, with the session's token and messages
SECRET_FIELDS = frozenset({"password", "again", "current", "own", "decrypt_key"})
_NOT_TYPED = SECRET_FIELDS | {"csrf_token", FIELD}
_NEVER_FILLED = ("hidden", "password", "file", "submit")

Typed = dict[str, list[str]]


def keep_typed(refusal: Refusal) -> None:
    """Keep what was typed into the current form for the next page. Leave out the longest fields if a cookie cannot
    hold them all.

    The values that the form showed are kept too, so that a colleague's change in between is still noticed. If it is
    what was refused, the page shows the colleague's values, and only what this manager changed is kept.
    """
    form = request.form
    typed = [(name, text) for name, text in form.items(multi=True) if name not in _NOT_TYPED]
    if refusal.code == "changed_meanwhile":
        typed = [(name, text) for name, text in typed if form.get(PREFIX + name, text) != text]
    while len(packed := zlib.compress(json.dumps([request.path, typed]).encode())) > _MOST_BYTES:
        longest = max(typed, key=lambda pair: len(pair[1]))[0].removeprefix(PREFIX)
        typed = [(name, text) for name, text in typed if name.removeprefix(PREFIX) != longest]
    if typed:
        session[_SESSION_KEY] = deps().keys.wrap(packed, _SESSION_KEY)


def fill_again(response: Response) -> None:
    """Fill the form that was refused last with what was typed, if the page in `response` has it."""
    if response.mimetype != "text/html" or response.status_code != 200 or _SESSION_KEY not in session:
        return
    try:
        packed = deps().keys.unwrap(session.pop(_SESSION_KEY), _SESSION_KEY)
    except ValueError:  # the installation's key has changed meanwhile
        return
    action, pairs = json.loads(zlib.decompress(packed))
    typed: Typed = defaultdict(list)
    for name, text in pairs:
        typed[name].append(text)
    response.set_data(filled(response.get_data(as_text=True), action, typed))


def filled(page: str, action: str, typed: Typed) -> str:
    """Return a page with the form of this action filled in, and the folded parts around it open."""
    return _Filling(page, action, typed).page()


class _Filling(HTMLParser):
    """Collects the changes of a page's text, each at its place, and leaves everything else as it is."""

    def __init__(self, page: str, action: str, typed: Typed) -> None:
        super().__init__()
        self._source, self._action = page, action
        self._texts = {name: list(texts) for name, texts in typed.items()}
        self._chosen = {(name, text) for name, texts in typed.items() for text in texts}
        self._lines = [0]  # where each line begins
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._changes: list[tuple[int, int, str]] = []
        self._inside = False
        self._select = self._area = ""  # the name of the list or text area that is being read
        self._text_at = 0  # where the text of the text area begins
        self._details: list[int] = []  # where the open tags of the folded parts around begin; -1 if open already

    def page(self) -> str:
        self.feed(self._source)
        parts, end = [], 0
        for start, stop, text in sorted(self._changes):
            parts += [self._source[end:start], text]
            end = stop
        return "".join([*parts, self._source[end:]])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        if tag == "details":
            self._details.append(-1 if "open" in has else self._place())
        elif tag == "form":
            self._inside = has.get("action") == self._action and (has.get("method") or "").lower() == "post"
            if self._inside:
                self._unfold()
        elif self._inside:
            fill: Callable[[dict[str, str | None]], None] | None = getattr(self, f"_fill_{tag}", None)
            if fill is not None:
                fill(has)

    def handle_endtag(self, tag: str) -> None:
        if tag == "details" and self._details:
            self._details.pop()
        elif tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._area:
            text = "\n" + escape(self._texts[self._area].pop(0))  # browsers drop the first newline
            self._changes.append((self._text_at, self._place(), text))
            self._area = ""

    def _fill_input(self, has: dict[str, str | None]) -> None:
        kind, name = has.get("type") or "text", has.get("name") or ""
        if kind in ("checkbox", "radio"):
            self._mark(has, "checked", chosen=(name, has.get("value", "on")) in self._chosen)
        elif (kind not in _NEVER_FILLED or name.startswith(PREFIX)) and self._texts.get(name):
            self._replace({**has, "value": self._texts[name].pop(0)}, "input")

    def _fill_select(self, has: dict[str, str | None]) -> None:
        name = has.get("name") or ""
        self._select = name if name in self._texts else ""

    def _fill_option(self, has: dict[str, str | None]) -> None:
        if self._select:
            self._mark(has, "selected", chosen=(self._select, has.get("value") or "") in self._chosen, tag="option")

    def _fill_textarea(self, has: dict[str, str | None]) -> None:
        name = has.get("name") or ""
        if self._texts.get(name):
            self._area, self._text_at = name, self._place() + len(self.get_starttag_text() or "")

    def _unfold(self) -> None:
        for place in self._details:
            if place >= 0:
                at = place + len("<details")
                self._changes.append((at, at, " open"))
        self._details = [-1] * len(self._details)

    def _mark(self, has: dict[str, str | None], mark: str, *, chosen: bool, tag: str = "input") -> None:
        rest = {name: value for name, value in has.items() if name != mark}
        self._replace(rest | {mark: None} if chosen else rest, tag)

    def _replace(self, attributes: dict[str, str | None], tag: str) -> None:
        shown = "".join(
            f" {name}" if value is None else f' {name}="{escape(value)}"' for name, value in attributes.items()
        )
        start = self._place()
        stop = start + len(self.get_starttag_text() or "")
        self._changes.append((start, stop, f"<{tag}{shown}>"))

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column
