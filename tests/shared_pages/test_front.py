"""Shared pages show everybody the same: nothing of a visitor, in the right language, no older than a second."""

import gzip
import time
from collections.abc import Callable, Sequence
from threading import Event, Timer
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.shared_pages import front as front_module
from app.shared_pages.front import Front
from app.shared_pages.shelf import Address
from app.web.campaigns import people
from campaigns.lifecycle.transitions import cancel
from campaigns.network.people import create_manager
from kernel.db import Database, Tx
from kernel.keys import Keys
from tests.shared_pages.addresses import publish, shared_addresses
from tests.web.reader import PASSWORD, Reader
from tests.world import ACTOR, World

SECOND = 1.0
ROOM_S = 0.5  # what a busy machine may add; to this, a few times what one look takes there


def within_a_second(act: Callable[[], bool]) -> None:
    """Wait until something is so; a second at most."""
    began = looked = time.monotonic()
    slowest = 0.0
    while not act():
        slowest = max(slowest, time.monotonic() - looked)
        assert time.monotonic() - began < SECOND + ROOM_S + 5 * slowest
        time.sleep(0.02)
        looked = time.monotonic()


@pytest.fixture
def ben(front: Front, app: Flask) -> FlaskClient:
    return app.test_client()


def caching(response: TestResponse) -> str:
    return response.headers.get("Cache-Control", "")


def test_a_page_is_made_once_for_all_visitors(
    ann: FlaskClient, ben: FlaskClient, app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshots = []
    original = Database.snapshot
    monkeypatch.setattr(Database, "snapshot", lambda self: snapshots.append(1) or original(self))
    pages = {ann.get("/c/day").text}
    made = len(snapshots)
    for visitor in (ann, ben) * 5:
        response = visitor.get("/c/day?utm_source=poster&fbclid=1")
        pages.add(response.text)
        assert caching(response).startswith("public") and "Set-Cookie" not in response.headers
    assert len(pages) == 1
    # The event, its list, its newest gifts and letter, its awards, and whether the site is reduced to giving.
    assert len(snapshots) == made <= 6


def test_no_shared_page_takes_anything_from_its_visitor(front: Front, app: Flask, world: World) -> None:
    """A manager with a session, a donor with cookies and a stranger get the same bytes."""
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    manager = Reader(app.test_client(), world)
    manager.sign_in("boss")
    donor = Reader(app.test_client(), world)
    donor.give(name="独一无二", email="a@example.org")
    stranger = app.test_client()
    world.team("一队")
    publish(world)
    for address in shared_addresses(app, world):
        answers = [who.get(address) for who in (manager.http, donor.http, stranger)]
        assert len({response.data for response in answers}) == 1, address
        for reply in answers:
            assert reply.status_code == 200 and "Set-Cookie" not in reply.headers
            assert b"csrf_token" not in reply.data and "独一无二".encode() not in reply.data


def test_responses_for_one_visitor_are_never_stored(ann: FlaskClient, app: Flask, world: World) -> None:
    donation = world.give()
    token = world.deps.keys.token(str(donation.id))
    exchanged = ann.get(f"/d/{donation.id}?token={token}")
    assert exchanged.status_code == 303 and caching(exchanged) == "no-store"
    own = (f"/donate/day/{world.projects[0]}", f"/d/{donation.id}", "/console/sign-in", "/c/day?q=村")
    for address in own:
        response = ann.get(address)
        assert response.status_code == 200 and caching(response) == "no-store", address


def test_each_language_has_a_page_of_its_own(ann: FlaskClient, ben: FlaskClient) -> None:
    chosen = ann.get("/c/day?lang=en")
    assert "3 projects" in chosen.text
    assert "lang=en" in chosen.headers["Set-Cookie"] and caching(chosen) == "private, no-store"
    for _ in range(3):
        assert "3 projects" in ann.get("/c/day").text
        assert "3 个项目" in ben.get("/c/day").text
    again = ann.get("/c/day?lang=en")
    assert "Set-Cookie" not in again.headers and caching(again).startswith("public")
    assert "Cookie" in again.headers["Vary"]
    assert 'href="/c/day?lang=zh"' in again.text, "and each leads to the other"


def test_an_unchanged_page_is_not_sent_again(ann: FlaskClient) -> None:
    first = ann.get("/c/day", headers={"Accept-Encoding": "gzip"})
    assert first.headers["Content-Encoding"] == "gzip" and len(first.data) < 11_000
    again = ann.get("/c/day", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.data == b"" and again.headers["ETag"] == first.headers["ETag"]
    plain = ann.get("/c/day", headers={"Accept-Encoding": "gzip;q=0"})
    assert "Content-Encoding" not in plain.headers and plain.headers["ETag"] != first.headers["ETag"]
    head = ann.head("/c/day")
    assert head.data == b"" and head.headers["Content-Length"] == plain.headers["Content-Length"]


def test_search_results_are_sent_compressed_and_contain_no_secret(ann: FlaskClient, world: World) -> None:
    plain = ann.get("/c/day?q=村")
    assert (
        "Content-Encoding" not in plain.headers and "csrf" not in plain.text and "Set-Cookie" not in plain.headers
    )
    packed = ann.get("/c/day?q=村", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(packed.data).decode() == plain.text and caching(packed) == "no-store"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2


def test_a_shared_page_has_the_headers_of_every_other(ann: FlaskClient) -> None:
    shared, other = ann.get("/c/day", headers={"X-Request-ID": "mine-1"}), ann.get("/healthz")
    assert shared.content_type == "text/html; charset=utf-8"
    for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy"):
        assert shared.headers[name] == other.headers[name]
    assert shared.headers["X-Request-ID"] == "mine-1" and len(ann.get("/c/day").headers["X-Request-ID"]) == 32


def test_a_donation_and_its_refund_show_within_a_second(ann: FlaskClient, world: World) -> None:
    world.pot(500_00)

    def raised() -> int:
        return int(ann.get("/api/v1/campaigns/day/totals").get_json()["raised_minor"])

    assert raised() == 0
    donation = world.give(100_00)
    world.pay(donation)
    within_a_second(lambda: raised() == 100_00)
    assert ">100</dd>" in ann.get("/c/day").text
    world.refund(donation, 100_00)
    within_a_second(lambda: raised() == 0)


def test_people_of_many_projects_are_read_together(
    ann: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[int]] = []
    original = people.recent_gifts_of_projects

    def counted(tx: Tx, keys: Keys, campaign: int, projects: Sequence[int], most: int) -> Any:
        read.append(sorted(projects))
        return original(tx, keys, campaign, projects, most)

    monkeypatch.setattr(people, "recent_gifts_of_projects", counted)
    pages = [f"/c/day/p/{project}" for project in world.projects[:2]]
    for page in pages:
        assert "<dd>0</dd>" in ann.get(page).text
    world.pay(world.give(111_00))
    world.pay(world.give(222_00, project=1))
    read.clear()
    within_a_second(lambda: "<dd>222</dd>" in ann.get(pages[1]).text)
    within_a_second(lambda: "<dd>111</dd>" in ann.get(pages[0]).text)
    assert "<dd>222</dd>" not in ann.get(pages[0]).text
    assert read[0] == sorted(world.projects[:2]) and len(read) <= 2  # 2: what was read just before the second gift


def test_a_phase_shows_within_a_second_whether_written_or_not(ann: FlaskClient, world: World) -> None:
    button = "捐给一个村"
    assert button in ann.get("/c/day").text
    world.clock.advance(hours=9)  # the clock alone: no scheduler has run
    within_a_second(lambda: button not in ann.get("/c/day").text)
    world.clock.advance(hours=-9)
    within_a_second(lambda: True)
    world.do(cancel, "day", ACTOR)
    within_a_second(lambda: "已取消" in ann.get("/c/day").text)


def test_a_manual_change_in_the_database_is_shown(ann: FlaskClient, world: World) -> None:
    ann.get("/")
    with world.db.transaction() as tx:
        tx.run("UPDATE campaign SET name = '改了名'")
    within_a_second(lambda: "改了名" in ann.get("/").text)


def test_a_missing_page_is_not_kept(ann: FlaskClient, front: Front, world: World) -> None:
    response = ann.get("/c/nothing")
    assert response.status_code == 404 and "没有找到" in response.text
    assert ann.get("/public/c/nothing").status_code == 404
    problem = ann.get("/api/v1/campaigns/nothing/totals")
    assert problem.status_code == 404 and problem.get_json()["code"] == "campaign_unknown"


def test_addresses_without_end_do_not_fill_memory(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.shared_pages.shelf.MOST", 5)
    front = front_module.put_in_front(app)
    front._shelf._most = 5
    visitor = app.test_client()
    for number in range(12):
        assert visitor.get(f"/c/day?page={number}&junk={number}").status_code == 200
        visitor.get(f"/c/day?junk={'x' * 400}{number}")
    assert len(front._shelf) == 5
    front.freshness.stop()


def test_requests_from_memory_are_counted_and_logged(ann: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        ann.get("/c/day", headers={"X-Request-ID": "seen-1"})
    lines = [line for line in capsys.readouterr().err.splitlines() if '"seen-1"' in line]
    assert len(lines) == 3 and all('"rule": "/c/<slug>"' in line and '"status": 200' in line for line in lines)
    counted = [line for line in ann.get("/metrics").text.splitlines() if 'endpoint="web.campaign"' in line]
    assert any(line.startswith("beishan_http_requests_total") and line.endswith(" 3.0") for line in counted)


def test_without_a_database_the_last_page_is_shown_and_says_so(
    ann: FlaskClient, front: Front, world: World
) -> None:
    ann.get("/c/day")
    ann.get("/c/day?lang=en")
    reachable = front.freshness._open
    front.freshness._open = lambda: Database("postgresql+psycopg://nobody@127.0.0.1:9/nothing?connect_timeout=1")
    front.freshness._db = None
    within_a_second(lambda: "X-Beishan-Late" in ann.get("/c/day").headers)
    for address, words in (
        ("/c/day?lang=zh", "暂时取不到最新数据"),
        ("/c/day?lang=en", "The latest data is not available right now"),
    ):
        late = ann.get(address)
        assert late.status_code == 200 and words in late.text and "no-store" in caching(late)
    front.freshness._open, front.freshness._db = reachable, None
    within_a_second(lambda: "X-Beishan-Late" not in ann.get("/c/day").headers)
    assert "no-store" not in caching(ann.get("/c/day"))


def test_a_page_read_just_now_is_not_late_however_slow_the_first_look_is(ann: FlaskClient, front: Front) -> None:
    """A new site on a busy machine said on its first page that it could not be brought up to date."""
    reachable, looked = front.freshness._open, Event()

    def slowly() -> Database:
        looked.wait(30)
        return reachable()

    front.freshness._open = slowly
    try:
        first = ann.get("/c/day")
        assert first.status_code == 200 and "X-Beishan-Late" not in first.headers
        assert "暂时取不到最新数据" not in first.text
        within_a_second(lambda: "X-Beishan-Late" in ann.get("/c/day").headers)  # it grew old, and nobody looked
    finally:
        looked.set()
    within_a_second(lambda: "X-Beishan-Late" not in ann.get("/c/day").headers)


def test_who_asks_for_a_page_that_another_makes_for_the_first_time_waits_longer_than_for_a_new_one(
    front: Front, ann: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nothing older to show them: on a busy machine they were refused."""
    monkeypatch.setattr(front_module, "WAIT_S", 0.01)
    slot = front._shelf.slot(Address("/c/day", "", "zh"), "web.campaign")
    slot.making.acquire()
    other = Timer(0.3, slot.making.release)
    other.start()
    assert ann.get("/c/day").status_code == 200
    other.join()


def test_a_page_that_is_not_ready_in_time_is_refused_in_words(
    front: Front, ann: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_module, "FIRST_WAIT_S", 0.01)
    for address, endpoint in (
        ("/c/day", "web.campaign"),
        ("/api/v1/campaigns/day/totals", "campaigns.show_totals"),
    ):
        language = "zh" if endpoint.startswith("web.") else ""
        front._shelf.slot(Address(address, "", language), endpoint).making.acquire()
    page = ann.get("/c/day")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "这一页还没有备好" in page.text and "</html>" in page.text
    refused = ann.get("/api/v1/campaigns/day/totals")
    assert refused.headers["Retry-After"] == "5"
    assert (refused.status_code, refused.get_json()["code"]) == (503, "page_not_ready")
