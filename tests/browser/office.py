"""The accounts of the demo at work: each in a browser of its own, and programs with a token of each role."""

import json
import urllib.error
import urllib.request
from typing import Any

import psycopg
from playwright.sync_api import Browser, Page

from tests.browser.conftest import PATIENCE_MS
from tests.browser.steps import credentials, start_session
from tests.stack import Stack

WIDTHS = (390, 1440)  # a phone, a desk
HEIGHT = 900


class Office:
    """The accounts of the demo, each in a browser of its own, at work on screens of one width; every page that is
    opened must fit a phone and a desk."""

    def __init__(self, chromium: Browser, stack: Stack, width: int) -> None:
        self._chromium, self._stack, self.width = chromium, stack, width
        self._password = credentials(stack)[1]
        self._pages: dict[str, Page] = {}

    def sit(self, login: str) -> Page:
        """Return the page of a person who is signed in."""
        if login not in self._pages:
            size = {"width": self.width, "height": HEIGHT}
            context = self._chromium.new_context(viewport=size, locale="zh-CN")  # type: ignore[arg-type]
            context.set_default_timeout(PATIENCE_MS)
            self._pages[login] = context.new_page()
            start_session(self._pages[login], self._stack.url, login, self._password)
        return self._pages[login]

    def open(self, login: str, address: str) -> Page:
        """Open a page of the console, which must fit both screens."""
        page = self.sit(login)
        reply = page.goto(f"{self._stack.url}/console/{address}")
        assert reply is not None and reply.status == 200, (login, address)
        self.fits(page)
        return page

    def fits(self, page: Page) -> None:
        page.wait_for_load_state()  # a page that has only begun to arrive has no element yet
        for width in sorted(WIDTHS, key=lambda each: each == self.width):  # ends on the screen they work on
            page.set_viewport_size({"width": width, "height": HEIGHT})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (page.url, width)

    def close(self) -> None:
        for page in self._pages.values():
            self.fits(page)
            page.context.close()


class Programs:
    """Programs with a token of each role, made by an administrator's."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        made = stack.flask("tokens", "create", "--role", "admin")
        self._tokens = {"admin": made.strip().split()[-1], "nobody": "bs_made_up"}

    def of(self, role: str, branch: str) -> str:
        name = f"{role} {branch}"
        if name not in self._tokens:
            body = {"role": role, "branch": branch, "name": name}
            self._tokens[name] = self.call("admin", "/tokens", body)[1]["token"]
        return name

    def call(self, name: str, path: str, body: Any) -> tuple[int, Any]:
        """Call a route that changes something; return status and reply."""
        headers = {"Authorization": f"Bearer {self._tokens[name]}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._stack.url}/api/v1{path}", json.dumps(body).encode(), headers)
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=20) as reply:
                return int(reply.status), json.load(reply)
        except urllib.error.HTTPError as refusal:
            return refusal.code, None


def row(stack: Stack, query: str) -> Any:
    """Return the first value of a query."""
    with psycopg.connect(stack.postgres.url.replace("+psycopg", "")) as connection:
        values = connection.execute(query).fetchone()  # type: ignore[call-overload]
    assert values, query
    return values[0]
