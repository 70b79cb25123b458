"""Every page of the console, from the router: it explains its words, says what is empty, and bears any query."""

import re

import pytest
from flask import Flask

from tests.web.reader import Reader

# Forms of one's own account, and links that bring their secret with them.
WORDLESS = {
    "/console/join",
    "/console/sign-in",
    "/console/sign-in/code",
    "/console/account",
    "/console/account/second-factor",
}
BEYOND = "page=99999&state=nonsense&q=%00&kind=x&missing=x&since=x&until=%F0%9F%8E%89&number=-1&least=1,50&source=x"


def addresses(app: Flask) -> list[str]:
    """Pages of the console that need no argument; files have one."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    return sorted(rule.rule for rule in rules if rule.rule.startswith("/console/"))


def test_every_page_explains_its_words_and_says_that_it_is_empty(manager: Reader, app: Flask) -> None:
    pages = [path for path in addresses(app) if path not in WORDLESS]
    assert len(pages) > 40
    for path in pages:
        reply = manager.http.get(path, follow_redirects=True)
        assert reply.status_code == 200, path
        page = reply.text
        assert "这页的词" in page, path
        for body in re.findall(r"<tbody>(.*?)</tbody>", page, re.S):
            assert "<tr" in body, (path, "a table without rows says nothing")


@pytest.mark.parametrize("query", [BEYOND, "page=0&cursor=x&after=x&until=9999-99-99&amount=1e99"])
def test_no_page_breaks_by_what_its_address_says(manager: Reader, app: Flask, query: str) -> None:
    for path in addresses(app):
        reply = manager.http.get(f"{path}?{query}")
        assert reply.status_code in (200, 302, 303, 400, 404, 422), (path, reply.status_code)
