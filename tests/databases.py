"""Databases for tests: each is a copy of a migrated template, emptied for the next test. That is cheap, and unlike
a savepoint it lets tests commit, race and crash as production does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, event

from kernel.clock import Clock
from kernel.db import Database

KEPT_CONNECTIONS = 4  # of one pool; after a test of crowds it starts anew

# Whether a test changed the schema (its temporary tables are none of it) is known by a sequence: no rollback takes
# that back. Roles with fewer rights change it too: the functions run as their owner.
WATCH = """
    CREATE SCHEMA watch;
    CREATE SEQUENCE watch.changes;
    CREATE FUNCTION watch.created() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      PERFORM nextval('watch.changes') FROM pg_event_trigger_ddl_commands()
        WHERE schema_name IS DISTINCT FROM 'pg_temp';
    END $$;
    CREATE FUNCTION watch.dropped() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      PERFORM nextval('watch.changes') FROM pg_event_trigger_dropped_objects() WHERE NOT is_temporary;
    END $$;
    CREATE EVENT TRIGGER created ON ddl_command_end EXECUTE FUNCTION watch.created();
    CREATE EVENT TRIGGER dropped ON sql_drop EXECUTE FUNCTION watch.dropped();
    ALTER EVENT TRIGGER created ENABLE ALWAYS;
    ALTER EVENT TRIGGER dropped ENABLE ALWAYS;
    SELECT setval('watch.changes', 1, false)"""
CHANGED = "SELECT is_called FROM watch.changes"
# Most tests write to few of the tables: to ask each how long its file is costs less than to delete its no rows.
USED = """
    SELECT format('%I', relname), size
      FROM pg_class, LATERAL (SELECT pg_relation_size(oid) AS size) AS file
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version' AND size > 0"""
MOST_BYTES = 10_000_000
MOST_USED = 60  # tables; more are made short again
EMPTY = """
    SET session_replication_role = replica;  -- past the append-only triggers
    {deletes}
    RESET session_replication_role;
    SELECT setval(oid::regclass, 1, false) FROM pg_class
     WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"""
TEMPORARY = "SELECT EXISTS (SELECT FROM pg_class WHERE relpersistence = 't')"
HANG_UP = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL(%s)"""


class Pools(Database):
    """A database whose connections are the next test's too: a new one has to learn the schema, and a new engine to
    compile each query. Closing it keeps them."""

    def __init__(self, url: str) -> None:
        self._engines: dict[Any, Engine] = {}
        self._pids: set[int] = set()
        super().__init__(url, pool_size=20)
        self._open: Callable[..., Engine] = self._kept(self._open)
        self._engines["own"] = self._watched(self.engine)

    def _kept(self, open_engine: Callable[..., Engine]) -> Callable[..., Engine]:
        def kept(options: str, connections: int, overflow: int = 10) -> Engine:
            key = options, connections, overflow
            if key not in self._engines:
                self._engines[key] = self._watched(open_engine(*key))
            return self._engines[key]

        return kept

    def _watched(self, engine: Engine) -> Engine:
        event.listen(engine, "connect", lambda connection, _: self._pids.add(connection.info.backend_pid))
        return engine

    def seen_by(self, clock: Clock) -> Database:
        """The database of one test: nothing is remembered of the one before."""
        database = self.at(clock)
        database.memory = {}
        return database

    def rest(self) -> list[int]:
        """Give up pools that somebody still holds a connection of, or that grew; the processes of the others."""
        for engine in self._engines.values():
            pool: Any = engine.pool
            if pool.checkedout() or pool.checkedin() > KEPT_CONNECTIONS:
                engine.dispose()
        return list(self._pids)

    def close(self) -> None:
        """Keep the connections."""

    def give_up(self) -> None:
        """Close the connections."""
        for engine in self._engines.values():
            engine.dispose()


class Databases:
    """Hands out empty databases. One that a test left with the schema that it had is emptied and used again:
    that takes a tenth of the time of a new copy of the template."""

    def __init__(self, template: str) -> None:
        self.template = template
        self.free: list[str] = []
        self.made = 0
        self._pools: dict[str, Pools] = {}
        self._admins: dict[str, psycopg.Connection[Any]] = {}

    def take(self) -> str:
        """The URL of an empty, migrated database."""
        return self.free.pop() if self.free else self.make()

    @contextmanager
    def one(self) -> Iterator[str]:
        """Take one for a block."""
        url = self.take()
        try:
            yield url
        finally:
            self.give_back(url)

    def make(self) -> str:
        """The URL of a new one, of which no connection has statistics still to tell."""
        self.made += 1
        name = f"test_{self.made}"
        with connected(self.template, "postgres") as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE beishan STRATEGY WAL_LOG".encode())
        return self.template.replace("/beishan?", f"/{name}?")

    def opened(self, url: str, clock: Clock) -> Database:
        """A database that was taken, at the times of this clock."""
        if url not in self._pools:
            self._pools[url] = Pools(url)
        return self._pools[url].seen_by(clock)

    def give_back(self, url: str) -> None:
        """Empty it for the next test, or drop it when its schema was changed or it has grown."""
        admin, pools = self._admin(url), self._pools.get(url)
        if pools and admin.execute(TEMPORARY).fetchone() == (True,):
            pools.give_up()
        admin.execute(HANG_UP, [pools.rest() if pools else []])
        used = dict(admin.execute(USED).fetchall())
        if admin.execute(CHANGED).fetchone() == (False,) and sum(used.values()) < MOST_BYTES:
            empty(admin, list(used))
            self.free.append(url)
            return
        self._admins.pop(url).close()
        if url in self._pools:
            self._pools.pop(url).give_up()
        with connected(self.template, "postgres") as postgres:
            postgres.execute(f"DROP DATABASE {_name(url)} WITH (FORCE)".encode())

    def _admin(self, url: str) -> psycopg.Connection[Any]:
        """A connection that has seen all tables already; a new one when the test hung up on all, the pools too."""
        try:
            self._admins[url].execute("")
        except (KeyError, psycopg.OperationalError):
            if url in self._admins and url in self._pools:
                self._pools[url].give_up()
            self._admins[url] = connected(url, _name(url))
        return self._admins[url]


def watch(url: str) -> None:
    """Let the copies of this database know when their schema is changed."""
    with connected(url, _name(url)) as template:
        template.execute(WATCH.encode())


def empty(admin: psycopg.Connection[Any], tables: list[str]) -> None:
    admin.execute(EMPTY.format(deletes="".join(f"DELETE FROM {table};" for table in tables)).encode())
    if len(tables) > MOST_USED:
        admin.execute(f"VACUUM {', '.join(tables)}".encode())


def connected(url: str, name: str) -> psycopg.Connection[Any]:
    """A connection to the database of this name on the same server."""
    address = url.replace("+psycopg", "").replace(f"/{_name(url)}?", f"/{name}?")
    return psycopg.connect(address, autocommit=True)


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]
