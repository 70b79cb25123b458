"""A person with a browser without JavaScript: opens pages, fills in forms as they stand, follows redirects."""

import re
from typing import Any

from flask.testing import FlaskClient
from lxml.etree import HTMLParser
from werkzeug.test import TestResponse

from app.http import auth
from campaigns.network import people, sessions
from tests.world import World

PASSWORD = "a long enough password"


Fields = dict[str, str | list[str]]


class _Forms:
    """The forms of a page: (action, fields as they stand); a name that comes more than once has a list."""

    def __init__(self) -> None:
        self.forms: list[tuple[str, Fields]] = []
        self._select = self._textarea = ""
        self._text: list[str] = []

    def start(self, tag: str, has: dict[str, str]) -> None:
        if tag == "form":
            self.forms.append((has.get("action", ""), {}))
        elif tag == "input" and "name" in has and _counts(has):
            self._add(has["name"], has.get("value", ""))
        elif tag == "select":
            self._select = has.get("name", "")
        elif tag == "option" and self._select and "selected" in has:
            self._add(self._select, has.get("value", ""))
        elif tag == "textarea":
            self._textarea, self._text = has.get("name", ""), []

    def data(self, text: str) -> None:
        if self._textarea:
            self._text.append(text)

    def end(self, tag: str) -> None:
        if tag == "textarea" and self._textarea:
            self._add(self._textarea, "".join(self._text).removeprefix("\n"))
        if tag in ("select", "textarea"):
            self._select = self._textarea = ""

    def close(self) -> list[tuple[str, Fields]]:
        return self.forms

    def _add(self, name: str, value: str) -> None:
        if not self.forms:
            return
        fields = self.forms[-1][1]
        before = fields.get(name, [])
        values = [*([before] if isinstance(before, str) else before), value]
        fields[name] = values if len(values) > 1 else value


def _counts(has: dict[str, str]) -> bool:
    return has.get("type") not in ("radio", "checkbox") or "checked" in has


def forms(page: str) -> list[tuple[str, Fields]]:
    parser = HTMLParser(target=_Forms())  # html.parser takes three times as long
    parser.feed(page)
    read: list[tuple[str, Fields]] = parser.close()
    return read


class Reader:
    """`open` and `send` answer the page that was reached in the end."""

    def __init__(self, http: FlaskClient, world: World) -> None:
        self.http = http
        self.world = world
        self.page: TestResponse

    def open(self, path: str, status: int = 200) -> str:
        self.page = self.http.get(path, follow_redirects=True)
        assert self.page.status_code == status, self.page.text[-3000:]
        return self.page.text

    def send(self, action: str, status: int = 200, **filled: Any) -> str:
        """Fill in the form of the page at hand whose address ends like this, and send it."""
        where, fields = next(form for form in forms(self.page.text) if form[0].endswith(action))
        data = {name: value for name, value in (fields | filled).items() if value is not None}
        came_from = {"Referer": self.page.request.url}
        self.page = self.http.post(where, data=data, headers=came_from, follow_redirects=True)
        assert self.page.status_code == status, self.page.text[-3000:]
        return self.page.text

    def sign_in(self, login: str) -> None:
        """Have the session that the form starts, without opening it and the page after it."""
        with self.http.application.test_request_context(), self.world.deps.db.transaction() as tx:
            token = auth.sign_in(tx, people.admit(tx, people.candidate(tx, login), verified=True))
        with self.http.session_transaction() as session:
            if old := session.get(auth.SESSION_KEY):
                self.world.do(sessions.end_session_of, old)
            session[auth.SESSION_KEY] = token
            session.permanent = True

    def sign_in_by_form(self, login: str) -> None:
        self.open("/console/sign-in")
        self.send("/console/sign-in", login=login, password=PASSWORD)

    @property
    def form_page(self) -> str:
        """The address of the donation form of the first village."""
        return f"/donate/{self.world.slug}/{self.world.projects[0]}"

    def give(self, status: int = 200, **filled: Any) -> str:
        """Send a fresh donation form."""
        self.open(self.form_page)
        return self.send(self.form_page, status, **filled)

    def forecast(self, amount: str, **filled: Any) -> str:
        """The sentence under the amount field of a fresh form, after an amount was typed."""
        self.open(self.form_page)
        _, fields = next(form for form in forms(self.page.text) if form[0].endswith(self.form_page))
        response = self.http.post(f"{self.form_page}/forecast", data=fields | {"custom": amount} | filled)
        assert response.status_code == 200, response.text
        return text(f"{response.json['html']} {response.json['fault']}")

    def donations(self) -> int:
        with self.world.db.transaction() as tx:
            return int(tx.scalar("SELECT count(*) FROM donation"))


def text(page: str) -> str:
    """What a page says, without its markup and with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("&#34;", '"').replace("&#39;", "'")
