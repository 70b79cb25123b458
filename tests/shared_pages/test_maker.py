"""Pages are made beside their readers, who get the last one while it is not a second old."""

import time
from threading import Event, Timer
from typing import Any

import pytest
from flask import Flask

from app.shared_pages import front as front_module
from app.shared_pages.front import Front
from app.shared_pages.shelf import Address

AGE_S = 20.0  # for a second, as a busy machine may need that long


def test_no_reader_waits_for_a_maker_while_the_last_page_is_not_a_second_old(
    app: Flask, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = app.test_client()
    ann.get("/c/day")
    begun, go_on = Event(), Event()
    original = front._call

    def slowly(address: Address) -> Any:
        begun.set()
        assert go_on.wait(30)
        return original(address)

    monkeypatch.setattr(front, "_call", slowly)
    monkeypatch.setattr(front_module, "MOST_AGE_S", AGE_S)
    page = front._shelf.slot(Address("/c/day", "", "zh"), "web.campaign")
    assert page.made is not None
    while not begun.is_set():  # the page is so old that it is made anew, beside its readers
        page.made.at = time.monotonic() - front_module.RENEW_S
        page.made.version = front.freshness.version - 1
        assert ann.get("/c/day").status_code == 200
        begun.wait(0.1)
    for _ in range(3):
        assert "X-Beishan-Late" not in ann.get("/c/day").headers
    assert page.making.locked() and not go_on.is_set(), "nobody waited for the making"
    monkeypatch.setattr(front.freshness, "right_until", lambda _: 0.0)
    page.made.at = time.monotonic() - AGE_S
    Timer(0.2, go_on.set).start()
    ann.get("/c/day")
    assert go_on.is_set(), "an older page is not shown: its reader waits for the maker"


def test_a_reader_waits_a_bounded_time_while_a_frozen_database_holds_up_the_page(
    app: Flask, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database froze after the last check, so that nothing is known of it yet."""
    ann = app.test_client()
    ann.get("/c/day")
    go_on = Event()
    original = front._call

    def frozen(address: Address) -> Any:
        assert go_on.wait(30)
        return original(address)

    page = front._shelf.slot(Address("/c/day", "", "zh"), "web.campaign")
    last = page.made
    assert last is not None
    monkeypatch.setattr(front, "_call", frozen)
    monkeypatch.setattr(front_module, "WAIT_S", 0.1)
    monkeypatch.setattr(front.freshness, "current", lambda _now: True)
    monkeypatch.setattr(front.freshness, "right_until", lambda _version: 0.0)
    last.at = time.monotonic() - AGE_S
    last.version = front.freshness.version - 1
    late = ann.get("/c/day")
    assert (late.status_code, "X-Beishan-Late" in late.headers) == (200, True)
    assert page.making.locked(), "the page is still being made"
    go_on.set()
    with page.making:
        assert page.made is not last
