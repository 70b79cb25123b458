"""The database: one engine, and transactions that use cases open and nothing below them commits."""

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache, cached_property
from typing import Any, TypeVar

import orjson
import psycopg
from sqlalchemy import BigInteger, Column, DateTime, Engine, Identity, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from kernel.clock import Clock, DatabaseClock

Model = TypeVar("Model", bound=SQLModel)

_NAMED = re.compile(r"(?<![:\w\\]):(\w+)\b(?!:)")


@cache  # as many as there are statements in the code
def _statement(sql: str) -> str:
    """`:name` as the driver writes it; a colon that is meant stands behind a backslash."""
    return _NAMED.sub(r"%(\1)s", sql.replace("%", "%%")).replace("\\:", ":")


@cache
def _row_type(names: tuple[str, ...]) -> Callable[[Iterable[Any]], Any]:
    """Rows that are read by place and by name; a name that comes twice is read by place only."""
    return namedtuple("Row", names, rename=True)._make  # type: ignore[attr-defined, no-any-return]


# In JSON every backslash begins an escape; in an array literal only these two mean the same.
_OTHER_ESCAPE = re.compile(rb'\\[^"\\]')


def _bound(values: dict[str, Any]) -> dict[str, Any]:
    """Lists as PostgreSQL array literals. The driver writes them too, but element by element in Python: on bulk
    statements of a thousand rows that costs more than the statement."""
    return {name: _array(value) if type(value) is list else value for name, value in values.items()}


def _array(items: list[Any]) -> Any:
    """A flat list as '{1,"two",null}': JSON and array literals agree but for some escapes, also on UUIDs and
    times; what they do not share (control characters, bytes) is left to the driver."""
    try:
        literal = orjson.dumps(items)
    except TypeError:
        return items
    other = b"\\" in literal and _OTHER_ESCAPE.search(literal.replace(b"\\\\", b""))
    return items if other else "{" + literal[1:-1].decode() + "}"


class Tx:
    """One transaction: the session, its time, and what to do once it has committed."""

    def __init__(self, session: Session, clock: Clock, memory: dict[Any, Any]) -> None:
        self.session = session
        self.memory = memory  # what this process remembers of this database; who uses it proves it valid
        self._clock = clock
        self._after_commit: list[Callable[[], None]] = []

    @cached_property
    def now(self) -> datetime:
        """The transaction's time, aware UTC, read on first use: take your locks first."""
        return self._clock.read(self.session)

    @contextmanager
    def _executed(self, sql: str, values: dict[str, Any]) -> Iterator[psycopg.Cursor[Any]]:
        """One statement, straight on the driver: on short statements SQLAlchemy's own layers take longer than
        the database. Errors are SQLAlchemy's all the same, without the values: those may be personal."""
        if self.session.new or self.session.dirty:
            self.session.flush()
        try:
            with self._driver.cursor() as cursor:
                cursor.execute(_statement(sql), _bound(values))
                yield cursor
        except psycopg.Error as error:
            dialect = self.session.get_bind().dialect
            raise DBAPIError.instance(
                sql, None, error, psycopg.Error, hide_parameters=True, dialect=dialect
            ) from error

    @cached_property
    def _driver(self) -> psycopg.Connection[Any]:
        found: psycopg.Connection[Any] = self.session.connection().connection.driver_connection  # type: ignore[assignment]
        return found

    def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """Run one SQL statement with bound values and return its rows."""
        with self._executed(sql, values) as cursor:
            row = _row_type(tuple(column.name for column in cursor.description or ()))
            return list(map(row, cursor.fetchall()))

    def row(self, sql: str, **values: Any) -> Any | None:
        """The only row of a statement, or None."""
        found = self.rows(sql, **values)
        assert len(found) <= 1, "one row at most was promised"
        return found[0] if found else None

    def run(self, sql: str, **values: Any) -> int:
        """Run a statement that returns nothing; the number of rows that it touched."""
        with self._executed(sql, values) as cursor:
            return cursor.rowcount

    def scalar(self, sql: str, **values: Any) -> Any:
        """The first column of the first row, or None."""
        with self._executed(sql, values) as cursor:
            found = cursor.fetchone()
            return found[0] if found else None

    def add(self, row: Model) -> Model:
        """Insert one row made by a named constructor and return it with its id."""
        self.session.add(row)
        self.session.flush()
        return row

    def get(self, model: type[Model], key: Any, *, lock: bool = False) -> Model | None:
        """One row by its key; with `lock`, locked against change and refreshed from the database.

        FOR NO KEY UPDATE: rows that point here by foreign key may still be inserted meanwhile.
        """
        how = {"key_share": True} if lock else None
        return self.session.get(model, key, with_for_update=how, populate_existing=lock)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Remember something that may only happen once this is durable (publishing totals, waking a page)."""
        self._after_commit.append(act)

    def committed(self) -> None:
        for act in self._after_commit:
            act()


# A giving day begins on empty tables. Plans made then, for prepared statements, scan whole tables or a whole
# backlog, and stay until the tables are analysed: minutes in which every donation is dearer than the one before.
_OFF = ("seqscan", "bitmapscan", "hashjoin", "mergejoin")
_BY_KEY = "SELECT " + ", ".join(f"set_config('enable_{how}', 'off', true)" for how in _OFF)


class Database:
    """The way to PostgreSQL. `transaction()` commits at the end of the block or rolls all of it back."""

    def __init__(self, url: str, clock: Clock | None = None, *, pool_size: int = 10) -> None:
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=10,
            pool_timeout=10,
            json_deserializer=orjson.loads,
            connect_args={"options": "-c timezone=UTC -c idle_in_transaction_session_timeout=60000"},
        )
        event.listen(self.engine, "checkout", _still_connected)
        self.clock: Clock = clock or DatabaseClock()
        self.memory: dict[Any, Any] = {}

    @contextmanager
    def transaction(self, *, by_key: bool = False) -> Iterator[Tx]:
        """`by_key`: all rows are reached by their keys, whatever the planner thinks of the tables' sizes."""
        with Session(self.engine, expire_on_commit=False) as session:
            tx = Tx(session, self.clock, self.memory)
            with session.begin():
                if by_key:
                    tx.scalar(_BY_KEY)
                yield tx
        tx.committed()

    @contextmanager
    def snapshot(self) -> Iterator[Tx]:
        """A read-only transaction in which all statements see the same moment (for reports and checks)."""
        with Session(self.engine) as session, session.begin():
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            yield Tx(session, self.clock, self.memory)

    def at(self, clock: Clock) -> "Database":
        """The same database seen at another time (time travel for demos and tests)."""
        other = object.__new__(Database)
        other.engine = self.engine
        other.clock = clock
        other.memory = self.memory
        return other

    def close(self) -> None:
        self.engine.dispose()


def _still_connected(connection: Any, _record: Any, _proxy: Any) -> None:
    """A server that went away has closed its end: reading what came, without waiting, tells, and costs no round
    trip. The pool answers with a fresh connection."""
    try:
        connection.pgconn.consume_input()
    except psycopg.OperationalError as error:
        raise DisconnectionError from error


def identity() -> Any:
    """The column of a surrogate key: a number that the database gives, never the program."""
    return Column(BigInteger, Identity(always=True), primary_key=True)


def moment(*, nullable: bool = False) -> Any:
    """The column of a time: with time zone, always."""
    return Column(DateTime(timezone=True), nullable=nullable)
