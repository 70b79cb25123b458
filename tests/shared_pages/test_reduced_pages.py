"""What becomes of pages that readers already had when only giving is served."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.http import reduced
from app.shared_pages import front as front_module
from app.shared_pages.front import Front
from campaigns.site_switch import REDUCED, turn_switch
from embedded.process import wait_until
from tests.shared_pages.test_front import within_a_second
from tests.world import ACTOR, World


def test_the_switch_withdraws_a_page_that_readers_had_and_brings_it_back(
    ann: FlaskClient, app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last good page stays when a page cannot be built, but not against the operators' switch: the turn itself
    has the pages rebuilt, also in a process that looked at the switch just before."""
    monkeypatch.setattr(reduced, "LOOK_S", 3600.0)
    assert ann.get("/c/day/standings").status_code == 200
    world.do(turn_switch, REDUCED, "on", ACTOR)
    within_a_second(lambda: ann.get("/c/day/standings").status_code == 503)
    assert ann.get("/c/day").status_code == 200
    world.do(turn_switch, REDUCED, "off", ACTOR)
    within_a_second(lambda: ann.get("/c/day/standings").status_code == 200)


def test_after_a_failure_of_the_database_the_page_that_readers_had_stays(
    ann: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    had = ann.get("/c/day/standings")
    tried: list[str] = []
    make = Front._make
    monkeypatch.setattr(Front, "_make", lambda *arguments: (make(*arguments), tried.append("standings")))
    monkeypatch.setattr(front_module, "KEEP_S", 0.0)
    monkeypatch.setattr(front_module, "RENEW_S", 0.0)  # each reader has it made again
    app.extensions["reduced"].note_trouble("test")
    assert wait_until(lambda: ann.get("/c/day/standings").status_code == 200 and bool(tried), 20)
    kept = ann.get("/c/day/standings")
    assert kept.status_code == 200 and len(kept.data) >= len(had.data)
    assert ann.get("/c/day/people").status_code == 503, "it was not kept, and is not made now"
