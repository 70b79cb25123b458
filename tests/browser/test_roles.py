"""People of a federation are refused what is not theirs, on a phone."""

import json
import re
import urllib.error
import urllib.request
from typing import Any

import psycopg
from playwright.sync_api import Page, expect

from tests.stack import Stack


def sign_in(page: Page, stack: Stack, login: str) -> None:
    password = re.search(r"Login: \S+ / (\S+)", stack.login)
    assert password
    page.goto(f"{stack.url}/console/sign-in")
    page.locator("input[name=login]").fill(login)
    page.locator("input[name=password]").fill(password[1])
    page.locator("main form button").click()
    expect(page.get_by_role("heading", name="等我处理")).to_be_visible()


def refused(page: Page, address: str, status: int) -> None:
    answer = page.goto(address)
    assert answer is not None and answer.status == status, address


def call(stack: Stack, path: str, token: str, body: Any) -> int:
    """Return the status of a call of the API that changes something."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{stack.url}/api/v1{path}", json.dumps(body).encode(), headers)
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_a_liaison_is_refused_what_is_not_theirs(phone: Page, stack: Stack, faults: list[str]) -> None:
    """By the page, by its address, by a changed id, by the API and by a token."""
    sign_in(phone, stack, "demo-liaison")
    assert "人员" not in phone.locator("details.menu").inner_text()
    with psycopg.connect(stack.postgres.url.replace("+psycopg", "")) as connection:
        branch = "(SELECT ARRAY[branch_code] FROM manager WHERE login = 'demo-liaison')"
        found = connection.execute(f"SELECT id FROM project WHERE NOT lineage @> {branch} LIMIT 1").fetchone()
        assert found
        other = found[0]
    for address, status in (("people", 403), ("inbox", 403), (f"projects/{other}/review", 404)):
        refused(phone, f"{stack.url}/console/{address}", status)
    faults[:] = [fault for fault in faults if not re.search("status of 40[34]", fault)]  # the browser notes each
    token = stack.launch.task("tokens", "-m", "flask", "--app", "wsgi", "tokens", "create", "--role", "liaison")
    assert call(stack, f"/projects/{other}/approve", token.strip().split()[-1], {}) == 403
    assert call(stack, f"/projects/{other}/approve", "bs_made_up", {}) == 401
