"""Whatever a donor types is text wherever it comes out again: in every page, table, feed, picture and letter.

The test types the same hostile text into every field that donors have, then opens every address there is.
"""

import json
import mailbox
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest
from flask import Flask
from markupsafe import escape
from werkzeug.test import TestResponse

from app.mail.send import send_letters
from app.xlsx_file import CONTENT_TYPE as WORKBOOK
from campaigns.network.tokens import create_token
from campaigns.screening.open_manually import open_case
from tests.web.reader import Reader
from tests.web.test_csv_files import cells
from tests.web.workbook import read_workbook
from tests.world import World

TYPED = """=1+1"'><b typed=1>小满</b>&lt;"""  # what a page would show of it unescaped has an attribute that tells
TEAM = "老张&lt(1)"  # as much as the name of a team may be: read once too often it becomes a sign
EMAIL = "xiaoman@example.org"
CREDIT_CODE = "91350100M000100Y43"  # the example of GB 32100-2015
# Where the text must come out again: that the others say nothing of it proves nothing.
SHOWN = {
    "/c/day/people",
    "/c/day/p/PROJECT",
    "/console/words",
    "/console/campaigns/day/cases",
    "/console/questions",
    "/console/refund-requests",
    "/console/receipts",
    "/console/donations/DONATION",
    "/d/DONATION",
    "/console/receipts.csv",
    "/api/v1/questions",
    "/api/v1/refund-requests",
    "/api/v1/receipt-requests",
}


class _Page(HTMLParser):
    """What a page says, and whether what was typed became a part of its markup."""

    def __init__(self) -> None:
        super().__init__()
        self.said = ""
        self.broken = False

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.broken |= any(name == "typed" for name, _value in attrs)
        self.said += " ".join(value or "" for name, value in attrs if name in ("value", "content"))

    def handle_data(self, data: str) -> None:
        self.said += data


def read(html: str) -> str:
    page = _Page()
    page.feed(html)
    assert not page.broken, html
    return page.said


def says(reply: TestResponse) -> str:
    """What a reply says, read as the program does that gets it."""
    kind = reply.mimetype
    if kind == "text/html":
        return read(reply.text)
    if kind == "text/csv":
        return "".join(cell for row in cells(reply.text) for cell in row)
    if kind == WORKBOOK:
        return str(read_workbook(reply.get_data()))
    if kind in ("application/json", "application/problem+json"):
        return json.dumps(reply.get_json(), ensure_ascii=False).replace('\\"', '"')
    if kind in ("application/xml", "text/xml", "image/svg+xml"):
        assert not [part for part in ElementTree.fromstring(reply.text).iter() if "typed" in part.attrib]
    return ""


def test_the_reader_tells_markup_from_text() -> None:
    assert "<b typed=1>" in read(str(escape(TYPED))) and "<b typed=1>" in read(f'<input value="{escape(TYPED)}">')
    for page in (f"<p>{TYPED}</p>", f"<input value='{TYPED}'>", f'<input value="{TYPED}">'):
        with pytest.raises(AssertionError):
            read(page)


def type_everywhere(donor: Reader, world: World) -> str:
    """Give, and type the text into every field on the way; return the donation's id."""
    for field in ("custom", "phone", "email"):
        read(donor.give(422, **{field: TYPED}))
    donor.open("/c/day/teams/new")
    read(donor.send("/c/day/teams/new", 422, name=TYPED))
    assert "一支新队伍" in read(donor.send("/c/day/teams/new", name=TEAM))
    donor.give(name=TYPED, publish_name="1", message=TYPED, email=EMAIL, tribute_kind="memory", tribute_name=TYPED)
    donation = world.do(lambda tx: tx.scalar("SELECT donation_id FROM public_words LIMIT 1"))
    world.pay(donation)
    world.do(open_case, UUID(str(donation)), TYPED, "reviewer")
    address = f"/d/{donation}"
    for action, filled in (
        ("/statement", {"text": TYPED}),
        ("/questions#question", {"question": TYPED}),
        ("/receipt#receipt", {"kind": "company", "title": TYPED, "tax_id": CREDIT_CODE, "email": EMAIL}),
        ("/refund-requests#refund", {"reason": TYPED}),
    ):
        donor.open(address)
        donor.send(action, **filled)
    donor.open("/my")
    read(donor.send("/my/code", 422, contact=TYPED))
    for path in ("/c/day/teams/new", "/report?campaign=day"):
        read(donor.open(path))
    for path in ("/c/day?q={}", "/c/day/places?under={}", "/donate/day/1?team={}", "/c/day/standings?by={}"):
        read(donor.http.get(path.format("%3Cb%20typed=1%3E%22'%3E"), follow_redirects=True).text)
    return str(donation)


def every_address(app: Flask, known: dict[str, Any]) -> list[str]:
    """All addresses that can be opened, of what the world has."""
    addresses = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or not rule.arguments <= set(known) or rule.rule.endswith("/live"):
            continue
        for file_format in ("csv", "xlsx") if "file_format" in rule.arguments else ("",):
            values = {name: (known | {"file_format": file_format})[name] for name in rule.arguments}
            with app.test_request_context(), suppress(ValueError):  # a kind that this address does not have
                addresses.append(app.url_for(rule.endpoint, **values))
    return addresses


def test_whatever_a_donor_types_is_text_everywhere(
    manager: Reader, app: Flask, world: World, tmp_path: Path
) -> None:
    app.config["RATELIMIT_ENABLED"] = False
    world.pot(10_000_00)
    donation = type_everywhere(manager, world)
    known = {
        "slug": world.slug,
        "project_id": world.projects[0],
        "donation_id": donation,
        "file_format": "",
        "words_id": 1,
        "question_id": 1,
        "request_id": 1,
        "receipt_id": 1,
        "team_id": 1,
        "case_id": 1,
        "form": "png",
        "language": "zh",
        "kind": "poster",
    }
    token = {"Authorization": f"Bearer {world.do(create_token, 'admin', 'test')}"}
    addresses = every_address(app, known)
    shown: set[str] = set()
    statuses: Counter[int] = Counter()
    waiting = [address for address in addresses if address.startswith(("/console/words", "/console/questions"))]
    for opened in (waiting, addresses):
        for address in opened:
            reply = manager.http.get(address, headers=token if address.startswith("/api") else {})
            statuses[reply.status_code] += 1
            assert reply.status_code < 500, address
            if "小满" in says(reply):
                shown.add(address.replace(donation, "DONATION").replace(f"/p/{world.projects[0]}", "/p/PROJECT"))
        if opened is waiting:
            manager.open("/console/words")
            manager.send("/console/words", show="")
            manager.open("/console/teams")
            manager.send("/console/teams/1", decision="approve")
            manager.open("/console/questions")
            manager.send("/console/questions/1", reason=TYPED)
    for address in ("/c/day/teams", "/c/day/teams/1", "/c/day/standings?by=team", "/donate/day/1"):
        assert TEAM in says(manager.http.get(address, follow_redirects=True)), address
    assert statuses[200] > 200 and shown >= SHOWN, (statuses, SHOWN - shown, sorted(shown))
    folder = tmp_path / "letters"
    send_letters(replace(world.deps, mail_url=f"file://{folder}", mail_from="no-reply@example.org"))
    letters = [message_from_bytes(letter.as_bytes(), policy=policy.default) for letter in mailbox.Maildir(folder)]
    bodies = [part for letter in letters for part in letter.walk() if part.get_content_type() == "text/html"]
    assert bodies and all("小满" in read(part.get_content()) for part in bodies)
