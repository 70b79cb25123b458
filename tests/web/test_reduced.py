"""Reduced mode: giving goes on as before, everything that is only looked at is left out."""

from typing import Any

import psycopg
import pytest
from flask import Flask

from campaigns.donations.donors.contact import Donor
from campaigns.site_switch import REDUCED, turn_switch
from embedded.redis import Redis
from tests.api.client import Api, application, problem
from tests.web.reader import Reader, text
from tests.world import World

LOOKED_AT = ("/c/day/standings", "/c/day/people", "/c/day/teams")


def test_the_switch_leaves_giving_only(reader: Reader, world: World, app: Flask) -> None:
    world.pot(10_000_00)
    world.pay(world.give(66_00, donor=Donor(name="张伟", publish_name=True)))
    assert "张伟" in reader.open("/c/day")
    result = app.test_cli_runner().invoke(args=["reduced", "on"])
    assert result.output == "reduced mode: on\n", result.output
    app.extensions["reduced"]._looked_at = -100.0
    page = text(reader.open("/c/day"))
    assert "张伟" not in page and "捐给一个村" in page
    for path in LOOKED_AT:
        page = reader.open(path, 503)
        assert "现在只开放捐赠，这一页稍后恢复" in page and "榜单" not in page
        assert 'class="button" href="/c/day">' in page, "donating is where it was"
    api = Api(reader.http, world)
    problem(api.get("/campaigns/day/standings"), 503, "reduced_mode")
    problem(api.get("/campaigns/day/live"), 503, "reduced_mode")
    assert api.get("/campaigns/day/totals").status_code == 200
    assert "配捐给您留好了" in text(reader.give())
    assert reader.donations() == 2
    world.do(turn_switch, REDUCED, "auto", "test")
    app.extensions["reduced"]._looked_at = -100.0
    assert reader.open("/c/day/standings")
    entries = world.do(
        lambda tx: tx.rows("SELECT detail FROM audit_entry WHERE action = 'site.switch' ORDER BY id")
    )
    assert entries[0].detail == {"before": "auto", "after": "on"}


@pytest.mark.parametrize("table", ["public_words"])
def test_giving_continues_when_tables_of_other_pages_break(reader: Reader, world: World, table: str) -> None:
    world.do(lambda tx: tx.run(f"ALTER TABLE {table} RENAME TO broken"))
    try:
        assert reader.http.get("/c/day/people").status_code == 500
        assert Api(reader.http, world).give()["status"] == "paying"
    finally:
        world.do(lambda tx: tx.run(f"ALTER TABLE broken RENAME TO {table}"))


def test_giving_asks_the_database_the_same_with_the_rest_off_or_broken(
    world: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a donation costs does not depend on what is only looked at: no statement is asked that is not usual."""
    world.pot(10_000_00)
    statements_sent: list[str] = []

    execute = psycopg.Cursor.execute

    def noting(cursor: Any, query: Any, *rest: Any, **named: Any) -> Any:
        statements_sent.append(str(query))
        return execute(cursor, query, *rest, **named)

    monkeypatch.setattr(psycopg.Cursor, "execute", noting)
    api = Api(app.test_client(), world)

    def statements() -> set[str]:
        statements_sent.clear()
        assert api.give()["status"] == "paying"
        return set(statements_sent)

    usual = statements() | statements()  # the first in a process reads what the others know
    assert len(usual) > 5
    app.extensions["reduced"].note_trouble("test")
    assert statements() <= usual
    for table in ("public_words", "public_notice", "monthly_statement", "award_publication"):
        world.do(lambda tx, name=table: tx.run(f"ALTER TABLE {name} RENAME TO broken"))
        try:
            assert statements() <= usual, table
        finally:
            world.do(lambda tx, name=table: tx.run(f"ALTER TABLE broken RENAME TO {name}"))


def test_trouble_turns_it_on_by_itself_for_a_while(reader: Reader, world: World, app: Flask) -> None:
    app.extensions["reduced"].note_trouble("test")
    reader.open("/c/day/standings", 503)
    assert reader.give() and reader.donations() == 1
    app.extensions["reduced"]._trouble_at = -100.0
    reader.open("/c/day/standings")


def test_without_an_answer_of_redis_it_is_on_until_redis_answers(
    world: World, database_url: str, redis_server: Redis
) -> None:
    app = application(database_url, world.deps, REDIS_URL=redis_server.url)
    reader = Reader(app.test_client(), world)
    reader.open("/c/day/standings")
    redis_server.stop()
    try:
        app.extensions["reduced"]._looked_at = -100.0
        assert "现在只开放捐赠" in reader.open("/c/day/standings", 503)
        assert reader.give() and reader.donations() == 1
    finally:
        redis_server.restart()
    app.extensions["reduced"]._looked_at = -100.0
    reader.open("/c/day/standings")
