"""The job that analyses tables as they grow."""

from collections.abc import Iterator
from importlib import import_module
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from app.jobs import analyse
from app.jobs.analyse import LEAST_CHANGES, STATISTICS_TARGET, analyse_grown_tables
from app.jobs.registry import JOBS
from app.jobs.runs import Unit
from campaigns.donations.donors.contact import Donor
from embedded.postgres import Postgres
from kernel.db import Database
from tests.databases import Databases
from tests.offline import offline_deps
from tests.world import World


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """A new database: in one that served already, connections may still tell what earlier tests changed."""
    url = databases.make()
    yield url
    databases.give_back(url)


@pytest.fixture
def world(world: World) -> Iterator[World]:
    """A hot table that was empty when it was last analysed, left alone by autovacuum."""
    world.do(lambda tx: tx.run("ALTER TABLE donation_look SET (autovacuum_enabled = false)"))
    world.do(lambda tx: tx.run("ANALYZE donation_look"))
    yield world
    world.do(lambda tx: tx.run("ALTER TABLE donation_look RESET (autovacuum_enabled)"))


def fill(world: World, rows: int) -> None:
    """Let a hot table grow, and tell the statistics of it at once."""
    with world.db.transaction() as tx:
        tx.run(
            "INSERT INTO donation_look (donation_id) SELECT gen_random_uuid() FROM generate_series(1, :n)", n=rows
        )
        tx.scalar("SELECT pg_stat_force_next_flush()")


def known_rows(world: World) -> float:
    return float(world.do(lambda tx: tx.scalar("SELECT reltuples FROM pg_class WHERE relname = 'donation_look'")))


def test_a_table_is_analysed_at_some_hundred_rows_and_then_as_it_doubles(world: World) -> None:
    while analyse_grown_tables(world.deps):
        pass
    fill(world, LEAST_CHANGES - 1)
    assert analyse_grown_tables(world.deps) == 0
    fill(world, 1)
    assert JOBS["analyse"].work(world.deps) == {Unit.TABLES_ANALYSED: 1}
    assert known_rows(world) == LEAST_CHANGES
    fill(world, LEAST_CHANGES - 1)
    assert JOBS["analyse"].work(world.deps) == {Unit.TABLES_ANALYSED: 0}
    fill(world, 1)
    assert analyse_grown_tables(world.deps) == 1
    assert known_rows(world) == 2 * LEAST_CHANGES
    fill(world, LEAST_CHANGES)
    assert analyse_grown_tables(world.deps) == 0, "half as much again is no doubling"


def test_a_small_sample_is_taken_whatever_the_servers_own(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Postgres.defaults["default_statistics_target"] == str(STATISTICS_TARGET)
    monkeypatch.setattr(analyse, "STATISTICS_TARGET", 10)
    fill(world, LEAST_CHANGES)
    analyse_grown_tables(world.deps)
    bounds = world.do(
        lambda tx: tx.scalar(
            """SELECT array_length(CAST(CAST(histogram_bounds AS text) AS text[]), 1) FROM pg_stats
                WHERE tablename = 'donation_look' AND attname = 'donation_id'"""
        )
    )
    assert bounds == 10 + 1


def test_a_locked_table_is_left_for_the_next_run(world: World, database_url: str) -> None:
    fill(world, LEAST_CHANGES)
    with psycopg.connect(database_url.replace("+psycopg", "")) as other:
        other.execute("LOCK TABLE donation_look IN SHARE UPDATE EXCLUSIVE MODE")
        analyse_grown_tables(world.deps)
        assert known_rows(world) == 0
    analyse_grown_tables(world.deps)
    assert known_rows(world) == LEAST_CHANGES


@pytest.mark.parametrize("owner", [True, False])
def test_a_plain_role_analyses_its_own_tables(world: World, database_url: str, owner: bool) -> None:
    role = f"plain_{uuid4().hex}"
    fill(world, LEAST_CHANGES)
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN")
        if owner:
            admin.execute(f"ALTER TABLE donation_look OWNER TO {role}")
        try:
            plain = Database(make_url(database_url).set(username=role).render_as_string(hide_password=False))
            analyse_grown_tables(offline_deps(plain))
            plain.close()
            assert known_rows(world) == (LEAST_CHANGES if owner else 0)
        finally:
            admin.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER")
            admin.execute(f"DROP OWNED BY {role}")
            admin.execute(f"DROP ROLE {role}")


def test_hot_tables_are_analysed_early_by_autovacuum(world: World) -> None:
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT relname FROM pg_class
                WHERE 'autovacuum_analyze_scale_factor=0.05' = ANY(reloptions) AND relkind = 'r'"""
        )
    )
    assert {"donation", "reservation", "ledger_transfer", "inbox_event", "burst_count"} <= {row[0] for row in rows}


def test_wide_columns_that_no_condition_compares_are_left_out(world: World) -> None:
    """Their values are sorted for nothing while a rush fills their tables."""
    columns = import_module("migrations.versions.0100_unanalysed_columns").COLUMNS
    world.pot(500_00)
    world.pay(world.give(100_00, donor=Donor(name="某某", email="a@example.org")))
    with world.db.transaction() as tx:
        for table, names in columns.items():
            tx.run(f"ANALYZE {table}")
            known = {
                row.attname for row in tx.rows("SELECT attname FROM pg_stats WHERE tablename = :table", table=table)
            }
            assert known, table
            assert not known & set(names), table
