"""A look sees every change of what public pages read, whoever made it, at the moment it becomes visible."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from app.shared_pages.declare import shared_of
from campaigns.disclosure.changes import Look, look, next_moment
from kernel.db import Database, Tx
from tests.world import World

LOCKED = """SELECT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
             WHERE l.pid = pg_backend_pid() AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"""
COUNTED = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'public_change'"


def seen(db: Database) -> Look:
    with db.transaction() as tx:
        return look(tx)


def changed(db: Database, earlier: Look) -> tuple[bool, Look]:
    return seen(db).after(earlier)


def shared_addresses(app: Flask, world: World) -> list[str]:
    """One address of every shared view, and of each way a view reads other tables."""
    values = {"slug": world.slug, "project_id": world.projects[0]}
    rules = [rule for rule in app.url_map.iter_rules() if shared_of(app.view_functions[rule.endpoint])]
    plain = [re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), rule.rule) for rule in rules]
    return [*plain, *(f"/c/{world.slug}/standings?by={by}" for by in ("village", "team")), "/report?campaign=day"]


def test_every_table_that_a_shared_page_reads_is_counted(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The locks of a page's own transaction name the tables, those behind views included."""
    read: set[str] = set()

    def watched(way: str) -> Any:
        original = getattr(Database, way)

        @contextmanager
        def opened(self: Database, **how: Any) -> Iterator[Tx]:
            with original(self, **how) as tx:
                yield tx
                read.update(row[0] for row in tx.rows(LOCKED))

        return opened

    for way in ("transaction", "snapshot"):
        monkeypatch.setattr(Database, way, watched(way))
    world.pot(500_00)
    world.pay(world.give(team="一队"))
    read.clear()
    browser = app.test_client()
    for address in shared_addresses(app, world):
        assert browser.get(address).status_code == 200, address
    with world.db.transaction() as tx:
        counted = {row[0] for row in tx.rows(COUNTED)}
    assert len(read) > 8
    assert read - counted == set(), "a migration must give these the trigger `public_change`"


def test_nothing_written_is_no_change_and_every_write_is_one(world: World) -> None:
    earlier = seen(world.db)
    assert changed(world.db, earlier)[0] is False
    for statement in (
        "UPDATE campaign SET name = name",
        "UPDATE job_run SET failures = failures",
        "UPDATE project SET summary = 'by hand'",
        "UPDATE ledger_account SET balance_minor = balance_minor",
    ):
        with world.db.transaction() as tx:
            tx.run(statement)
        told, earlier = changed(world.db, earlier)
        assert told is ("job_run" not in statement), statement


def test_what_is_not_committed_yet_counts_when_it_is(world: World) -> None:
    """The sequence is raised before the commit: a page made in between must not stay."""
    earlier = seen(world.db)
    with world.db.transaction() as tx:
        tx.run("UPDATE campaign SET name = 'new'")
        told, earlier = changed(world.db, earlier)
        assert told, "counted early, which costs one page"
        told, earlier = changed(world.db, earlier)
        assert not told, "not visible yet"
    told, earlier = changed(world.db, earlier)
    assert told, "visible now, although the sequence stood still"
    assert changed(world.db, earlier)[0] is False


def test_a_transaction_of_others_that_ends_is_forgotten(world: World) -> None:
    with world.db.transaction() as other:
        other.scalar("SELECT pg_current_xact_id()")
        earlier = seen(world.db)
    told, earlier = changed(world.db, earlier)
    assert told  # it might have written: one page too many, never one too few
    assert changed(world.db, earlier)[0] is False


def test_the_clock_changes_pages_at_the_next_opening_or_end(world: World) -> None:
    with world.db.transaction() as tx:
        opens_at, ends_at = tx.rows("SELECT opens_at, ends_at FROM campaign")[0]
    world.clock.at = opens_at.replace(year=opens_at.year - 1)
    moments = []
    for _ in range(20):
        with world.db.transaction() as tx:
            moment = next_moment(tx)
        if moment is None:
            break
        moments.append(moment)
        world.clock.at = moment
    assert opens_at in moments and ends_at in moments and moments == sorted(moments)
