"""A transaction: what use cases pass to everything below them.

Which method of `Tx` to use:

- `get`, `all`, `first` and attribute writes on what they return: reads and changes of a few rows, typed by the
  models. The default; use it unless something else is needed.
- `add`, `add_all`: insert rows made by a model's named constructor.
- `rows_as`: SQL whose rows are no model (joins, aggregates, `RETURNING`), typed by a NamedTuple or dataclass.
- `pages`: the same, a page at a time, for more rows than should be in memory.
- `rows`, `row`, `scalar`, `run`: SQL on hot paths and one-off queries, where a row type would only be noise.
- `kernel.bulk`: inserts and updates of a whole batch in one statement.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from itertools import count
from typing import Any, TypeVar, TypeVarTuple, overload

import psycopg
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import SessionTransaction
from sqlmodel import Session, SQLModel
from sqlmodel.sql.expression import Select, SelectOfScalar

from kernel.clock import Clock
from kernel.ids import MOST_ID
from kernel.rows import bound, column_names, constructor, row_type_of, statement

Model = TypeVar("Model", bound=SQLModel)
Row = TypeVar("Row")
Scalar = TypeVar("Scalar")
Columns = TypeVarTuple("Columns")

_CURSORS = count()
_OFF = ("seqscan", "bitmapscan", "hashjoin", "mergejoin")
KEYED = {"plan_cache_mode": "auto"} | {
    f"enable_{how}": "off" for how in _OFF
}  # only keyed plans may be kept (ADR 17)
BY_KEY = "SELECT " + ", ".join(f"set_config('{name}', '{value}', true)" for name, value in KEYED.items())
_READING = ("indexscan", "bitmapscan", "sort")
_HOW_TO_READ = "SELECT " + ", ".join(f"current_setting('enable_{how}') AS {how}" for how in _READING)
_SET_HOW_TO_READ = "SELECT " + ", ".join(f"set_config('enable_{how}', :{how}, true)" for how in _READING)
_NOT_BY_KEY = BY_KEY.replace("'off'", "'on'").replace("'auto'", "'force_custom_plan'")


class Tx:
    """One transaction: its connection, its time, and the callbacks to run once it has committed."""

    def __init__(self, connection: Connection, clock: Clock, memory: dict[Any, Any]) -> None:
        self.memory = memory  # what this process has cached of this database; its users must check that it is valid
        self._connection = connection
        self._clock = clock
        self._session: Session | None = None
        self._after_commit: list[Callable[[], None]] = []

    @property
    def session(self) -> Session:
        """The session of the models, created on first use. Hot paths write whole batches and need none."""
        if self._session is None:
            self._session = Session(self._connection, expire_on_commit=False)
        return self._session

    @cached_property
    def now(self) -> datetime:
        """The transaction's time, aware UTC, read on first use: take your locks first."""
        return self._clock.read(self.scalar)

    def _execute(self, sql: str, values: dict[str, Any], name: str = "") -> psycopg.Cursor[Any]:
        """Run one statement directly on the driver, because for short statements SQLAlchemy's own layers take
        longer than the database.

        Errors are still SQLAlchemy's, but without the values, which may be personal. `name` names a server-side
        cursor, whose rows are fetched on demand. All other statements share one cursor, so read its rows before the
        next statement.
        """
        self.flush()
        try:
            cursor = self._driver.cursor(name) if name else self._cursor
            cursor.execute(statement(sql), bound(values))
        except psycopg.Error as error:
            raise self._failure(sql, error) from error
        return cursor

    def flush(self) -> None:
        """Write pending changes of models to the database."""
        session = self._session
        if session is not None and (session.new or session.dirty or session.deleted):
            session.flush()

    def _failure(self, sql: str, error: psycopg.Error) -> BaseException:
        dialect = self._connection.dialect
        return DBAPIError.instance(sql, None, error, psycopg.Error, hide_parameters=True, dialect=dialect)

    @cached_property
    def _driver(self) -> psycopg.Connection[Any]:
        connection: psycopg.Connection[Any] = self._connection.connection.driver_connection  # type: ignore[assignment]
        return connection

    @cached_property
    def _cursor(self) -> psycopg.Cursor[Any]:
        return self._driver.cursor()

    def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """Run one SQL statement with bound values and return its rows, read by position or by column name."""
        cursor = self._execute(sql, values)
        return list(map(row_type_of(column_names(cursor)), cursor.fetchall()))

    def rows_as(self, row_type: type[Row], sql: str, **values: Any) -> list[Row]:
        """Run one SQL statement with bound values and return its rows as instances of `row_type`.

        `row_type` is a NamedTuple (fastest when its fields are in the order of the columns) or a dataclass. Its
        fields and the statement's columns must have the same names, in any order; else AssertionError is raised.
        """
        cursor = self._execute(sql, values)
        return list(map(constructor(row_type, column_names(cursor)), cursor.fetchall()))  # type: ignore[arg-type]

    def pages(self, row_type: type[Row], size: int, sql: str, **values: Any) -> Iterator[list[Row]]:
        """Run one SQL statement and yield its rows as `rows_as` does, `size` at a time, from one cursor.

        The rows need not fit into memory, and all belong to the snapshot in which the first page is read.
        """
        self.scalar("SELECT set_config('cursor_tuple_fraction', '1', true)")  # all rows are wanted, not the first
        with self._execute(sql, values, f"pages_{next(_CURSORS)}") as cursor:
            make = constructor(row_type, column_names(cursor))  # type: ignore[arg-type]
            while rows := self._next_page(sql, cursor, size):
                yield list(map(make, rows))

    def _next_page(self, sql: str, cursor: psycopg.Cursor[Any], size: int) -> list[Any]:
        try:
            return cursor.fetchmany(size)
        except psycopg.Error as error:
            raise self._failure(sql, error) from error

    @contextmanager
    def by_key(self) -> Iterator[None]:
        """Reach all rows by their keys inside the block, whatever the planner thinks of the tables' sizes."""
        self.scalar(BY_KEY)
        yield
        self.scalar(_NOT_BY_KEY)

    def row(self, sql: str, **values: Any) -> Any | None:
        """Return the only row of a statement, or None. Raises AssertionError if there are more."""
        rows = self.rows(sql, **values)
        assert len(rows) <= 1, "the statement returned more than one row"
        return rows[0] if rows else None

    def lock_name(self, name: str) -> None:
        """Wait for other transactions that locked this name. Of two that create the same thing, the second one then
        finds the first one's row."""
        self.scalar("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))", name=name)

    def run(self, sql: str, **values: Any) -> int:
        """Run a statement that returns nothing; return the number of affected rows."""
        return self._execute(sql, values).rowcount

    def scalar(self, sql: str, **values: Any) -> Any:
        """Return the first column of the first row, or None."""
        row = self._execute(sql, values).fetchone()
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

        Order the statement unless it can have only one result.
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
        """Return one row by its key, or None, also for an id from outside that no column can hold. With `lock`,
        lock it against changes and refresh it from the database.

        The lock is FOR NO KEY UPDATE, so rows that refer to it by foreign key can still be inserted.
        """
        parts = key if isinstance(key, tuple) else (key,)
        if any(isinstance(part, int) and abs(part) > MOST_ID for part in parts):
            return None
        how = {"key_share": True} if lock else None
        return self.session.get(model, key, with_for_update=how, populate_existing=lock)

    @contextmanager
    def by_set(self) -> Iterator[None]:
        """Join whole tables in this block, never row by row, because tables without statistics look small to the
        planner."""
        self.scalar("SELECT set_config('enable_nestloop', 'off', true)")
        yield
        self.scalar("SELECT set_config('enable_nestloop', 'on', true)")

    @contextmanager
    def by_table(self) -> Iterator[None]:
        """Count most of a large table in this block: read it from end to end, on all cores. A planner who knows
        nothing of it takes an index for each row, or sorts the rows."""
        before = self.rows(_HOW_TO_READ)[0]
        self.scalar(_SET_HOW_TO_READ, indexscan="off", bitmapscan="off", sort="off")
        yield
        self.scalar(_SET_HOW_TO_READ, **before._asdict())

    @contextmanager
    def part(self) -> Iterator[None]:
        """Roll back the block if it fails."""
        known = len(self._after_commit)
        try:
            with self._savepoint():
                yield
        except BaseException:
            del self._after_commit[known:]
            raise

    def rehearse(self, act: Callable[[], Row]) -> Row:
        """Run an act, undo everything that it did here, and return its result. Raises what it raises."""
        part, known = self._savepoint(), len(self._after_commit)
        try:
            return act()
        finally:
            part.rollback()
            del self._after_commit[known:]

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Roll back the block if it fails, as `part` does, at half the cost. The block may neither use models nor
        register anything for after the commit."""
        self.run("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.run("ROLLBACK TO SAVEPOINT attempt")
            raise
        self.run("RELEASE SAVEPOINT attempt")

    def _savepoint(self) -> SessionTransaction:
        """Set a savepoint at once.

        A session by itself sets its savepoint only on first use, so statements that went directly to the driver
        before that would not be undone.
        """
        part = self.session.begin_nested()
        self.session.connection()
        return part

    def after_commit(self, act: Callable[[], None]) -> None:
        """Register a callback to run only once this transaction is durable (publishing totals, waking a page)."""
        self._after_commit.append(act)

    def close(self) -> None:
        """Detach the models that were read or added; they remain usable without the database."""
        if self._session is not None:
            self._session.close()

    def committed(self) -> None:
        """Run the callbacks registered for after the commit. A failing callback cannot undo what is stored."""
        for act in self._after_commit:
            try:
                act()
            except Exception as error:
                structlog.get_logger("db").warning("after_commit_failed", error=type(error).__name__)
