"""Exports and other long reads of managers: a few at once, of one account and of all."""

from flask import Flask

from app.http.heavy_reads import OF_ACCOUNT, Gate
from campaigns.network.people import create_manager
from tests.web.reader import PASSWORD, Reader
from tests.world import SLUG, World

EXPORT = "/console/audit.csv"
MOST = 4
LONG = (
    f"/console/campaigns/{SLUG}/reconciliation",
    f"/console/campaigns/{SLUG}/bursts",
    "/console/reconciliation",
)


def test_exports_at_once_are_limited_of_one_account_and_of_all(app: Flask, world: World) -> None:
    manager = world.do(create_manager, "boss", PASSWORD, "admin", "test")
    boss = Reader(app.test_client(), world)
    boss.sign_in("boss")
    gate: Gate = app.extensions["heavy_reads"]
    own = f"manager:{manager.id}"
    for _ in range(OF_ACCOUNT):
        gate.enter(own)
    refused = boss.http.get(EXPORT)
    assert (refused.status_code, "导出" in refused.text) == (429, True)
    assert [boss.http.get(address).status_code for address in LONG] == [429] * len(LONG)
    assert boss.http.get("/console/").status_code == 200, "other pages are short"
    gate.leave(own)
    assert boss.http.get(EXPORT).status_code == 200
    for number in range(MOST - 1):
        gate.enter(f"manager:{1000 + number}")
    refused = boss.http.get(EXPORT)
    assert (refused.status_code, "导出" in refused.text) == (503, True)
    gate.leave("manager:1000")
    assert boss.http.get(EXPORT).status_code == 200


def test_an_export_that_has_ended_or_was_refused_counts_no_more(manager: Reader) -> None:
    for query in (*["?since=nonsense"] * MOST, *[""] * MOST):
        assert manager.http.get(EXPORT + query).status_code == 200
