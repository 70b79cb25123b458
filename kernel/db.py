"""The database: one engine, and transactions that use cases open and nothing below them commits.

Which method of `Tx` to use:

- `get`, `all`, `first` and attribute writes on what they return: reads and changes of a few rows, typed by the
  models. The default; use it wherever nothing else is needed.
- `add`, `add_all`: insert rows made by a model's named constructor.
- `rows_as`: SQL whose rows are no model (joins, aggregates, `RETURNING`), typed by a NamedTuple or dataclass.
- `pages`: the same, a page at a time, for more rows than should be in memory.
- `rows`, `row`, `scalar`, `run`: SQL on hot paths and one-off questions, where a row type would only be noise.
- `kernel.bulk`: inserts and updates of a whole batch in one statement.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from functools import cached_property, partial
from itertools import count
from typing import Any, TypeVar, TypeVarTuple, overload

import psycopg
import structlog
from sqlalchemy import BigInteger, Column, DateTime, Engine, Identity, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel
from sqlmodel.sql.expression import Select, SelectOfScalar

from kernel.clock import Clock, DatabaseClock
from kernel.rows import bound, constructor, row_type_of, statement
from kernel.timeouts import JOBS, Timeouts, open_engine

Model = TypeVar("Model", bound=SQLModel)
Row = TypeVar("Row")
Scalar = TypeVar("Scalar")
Columns = TypeVarTuple("Columns")

_CURSORS = count()


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
    def _executed(self, sql: str, values: dict[str, Any], name: str = "") -> Iterator[psycopg.Cursor[Any]]:
        """One statement, straight on the driver: on short statements SQLAlchemy's own layers take longer than
        the database. Errors are SQLAlchemy's all the same, without the values: those may be personal. `name`: of a
        cursor that stays in the database, whose rows are fetched as they are wanted."""
        if self.session.new or self.session.dirty:
            self.session.flush()
        try:
            with self._driver.cursor(name) if name else self._driver.cursor() as cursor:
                cursor.execute(statement(sql), bound(values))
                yield cursor
        except psycopg.Error as error:
            dialect = self.session.get_bind().dialect
            raise DBAPIError.instance(
                sql, None, error, psycopg.Error, hide_parameters=True, dialect=dialect
            ) from error

    @cached_property
    def _driver(self) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = self.session.connection().connection.driver_connection  # type: ignore[assignment]
        return connection

    def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """Run one SQL statement with bound values and return its rows, read by position or by column name."""
        with self._executed(sql, values) as cursor:
            row = row_type_of(tuple(column.name for column in cursor.description or ()))
            return list(map(row, cursor.fetchall()))

    def rows_as(self, row_type: type[Row], sql: str, **values: Any) -> list[Row]:
        """Run one SQL statement with bound values and return its rows as instances of `row_type`.

        `row_type` is a NamedTuple (fastest when its fields are in the order of the columns) or a dataclass. Its
        fields and the statement's columns must have the same names, in any order; else AssertionError is raised.
        """
        with self._executed(sql, values) as cursor:
            columns = tuple(column.name for column in cursor.description or ())
            return list(map(constructor(row_type, columns), cursor.fetchall()))  # type: ignore[arg-type]

    def pages(self, row_type: type[Row], size: int, sql: str, **values: Any) -> Iterator[list[Row]]:
        """Run one SQL statement and return its rows as `rows_as` does, `size` at a time, from one cursor: they need
        not fit into memory, and all are of the moment at which the first page is read."""
        self.scalar("SELECT set_config('cursor_tuple_fraction', '1', true)")  # all rows are wanted, not the first
        name = f"pages_{next(_CURSORS)}"
        with self._executed(sql, values, name) as cursor:
            while rows := cursor.fetchmany(size):
                columns = tuple(column.name for column in cursor.description or ())
                yield list(map(constructor(row_type, columns), rows))  # type: ignore[arg-type]

    @contextmanager
    def by_key(self) -> Iterator[None]:
        """Reach all rows by their keys inside the block, whatever the planner thinks of the tables' sizes."""
        self.scalar(_BY_KEY)
        yield
        self.scalar(_NOT_BY_KEY)

    def row(self, sql: str, **values: Any) -> Any | None:
        """Return the only row of a statement, or None. Raises AssertionError if there are more."""
        rows = self.rows(sql, **values)
        assert len(rows) <= 1, "the statement returned more than one row"
        return rows[0] if rows else None

    def run(self, sql: str, **values: Any) -> int:
        """Run a statement that returns nothing; return the number of affected rows."""
        with self._executed(sql, values) as cursor:
            return cursor.rowcount

    def scalar(self, sql: str, **values: Any) -> Any:
        """Return the first column of the first row, or None."""
        with self._executed(sql, values) as cursor:
            row = cursor.fetchone()
            return row[0] if row else None

    @overload
    def all(self, statement: SelectOfScalar[Scalar]) -> list[Scalar]: ...

    @overload
    def all(self, statement: Select[*Columns]) -> list[tuple[*Columns]]: ...

    def all(self, statement: Any) -> list[Any]:
        """Return all results of a SQLModel `select()`: of `select(Pot)` pots, of `select(A, B)` pairs."""
        return list(self.session.exec(statement).all())

    def first(self, statement: SelectOfScalar[Scalar]) -> Scalar | None:
        """Return the first result of a SQLModel `select()` of one model or column, or None.

        Order the statement unless it can have one result only.
        """
        return self.session.exec(statement.limit(1)).first()

    def add(self, row: Model) -> Model:
        """Insert one row made by a named constructor and return it with its id."""
        self.session.add(row)
        self.session.flush()
        return row

    def add_all(self, rows: Iterable[Model]) -> list[Model]:
        """Insert rows made by a named constructor, all in one flush, and return them with their ids.

        For whole batches on hot paths use `kernel.bulk.insert_rows`.
        """
        added = list(rows)
        self.session.add_all(added)
        self.session.flush()
        return added

    def get(self, model: type[Model], key: Any, *, lock: bool = False) -> Model | None:
        """Return one row by its key, or None; with `lock`, locked against change and refreshed from the database.

        FOR NO KEY UPDATE: rows that point here by foreign key may still be inserted meanwhile.
        """
        how = {"key_share": True} if lock else None
        return self.session.get(model, key, with_for_update=how, populate_existing=lock)

    @contextmanager
    def by_set(self) -> Iterator[None]:
        """Join whole tables in this block, never row by row: tables that nobody analysed yet seem small."""
        self.scalar("SELECT set_config('enable_nestloop', 'off', true)")
        yield
        self.scalar("SELECT set_config('enable_nestloop', 'on', true)")

    @contextmanager
    def part(self) -> Iterator[None]:
        """Undo what the block did when it fails."""
        known = len(self._after_commit)
        try:
            with self.session.begin_nested():
                yield
        except BaseException:
            del self._after_commit[known:]
            raise

    def rehearse(self, act: Callable[[], Row]) -> Row:
        """Return the result of an act and undo all that it did here. Raises what it raises."""
        part, known = self.session.begin_nested(), len(self._after_commit)
        try:
            return act()
        finally:
            part.rollback()
            del self._after_commit[known:]

    def after_commit(self, act: Callable[[], None]) -> None:
        """Remember something that may only happen once this is durable (publishing totals, waking a page)."""
        self._after_commit.append(act)

    def committed(self) -> None:
        """Do what waited for the commit. It is news of what is stored: its failure cannot undo that."""
        for act in self._after_commit:
            try:
                act()
            except Exception as error:
                structlog.get_logger("db").warning("after_commit_failed", error=type(error).__name__)


# Every statement is planned for its values and for what its tables hold now: those of a giving day were empty a
# minute ago. Only keyed plans may be kept: they are right for any size (ADR 17).
_OPTIONS = "-c timezone=UTC -c plan_cache_mode=force_custom_plan"
_OFF = ("seqscan", "bitmapscan", "hashjoin", "mergejoin")
_KEYED = {"plan_cache_mode": "auto"} | {f"enable_{how}": "off" for how in _OFF}
_BY_KEY = "SELECT " + ", ".join(f"set_config('{name}', '{value}', true)" for name, value in _KEYED.items())
_NOT_BY_KEY = _BY_KEY.replace("'off'", "'on'").replace("'auto'", "'force_custom_plan'")


class Database:
    """The way to PostgreSQL. `transaction()` commits at the end of the block or rolls all of it back."""

    def __init__(
        self, url: str, clock: Clock | None = None, *, pool_size: int = 10, timeouts: Timeouts = JOBS
    ) -> None:
        self._open = partial(open_engine, url, timeouts, _OPTIONS)
        self.engine: Engine = self._open(pool_size)
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
        other = copy(self)
        other.clock = clock
        return other

    def apart(self, connections: int) -> "Database":
        """The same database with so many connections of its own: who uses it never waits behind others for one."""
        other = self.at(self.clock)
        other.engine = self._open(connections, overflow=0)
        return other

    def joined(self, tx: Tx) -> "Database":
        """The same database inside an open transaction: those that are opened here are parts of it."""
        other = object.__new__(_Joined)
        other.engine, other.clock, other.memory, other.tx = self.engine, self.clock, self.memory, tx
        return other

    def close(self) -> None:
        self.engine.dispose()


class _Joined(Database):
    tx: Tx

    @contextmanager
    def transaction(self, *, by_key: bool = False) -> Iterator[Tx]:  # noqa: ARG002 - plans are the whole's
        with self.tx.part():
            yield self.tx


def identity() -> Any:
    """The column of a surrogate key: a number that the database gives, never the program."""
    return Column(BigInteger, Identity(always=True), primary_key=True)


def is_one_of(column: str, values: Iterable[str]) -> str:
    """Return the condition of a CHECK constraint: a column has one of these values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


def moment(*, nullable: bool = False, primary_key: bool = False) -> Any:
    """The column of a time: with time zone, always."""
    return Column(DateTime(timezone=True), nullable=nullable, primary_key=primary_key)


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the SQL condition that a column holds one of these constants, such as those of an enum."""
    constants = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({constants})"
