"""The database: one engine, and transactions that only use cases open and commit."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from functools import partial
from typing import Any

import psycopg
from sqlalchemy import BigInteger, Column, Connection, DateTime, Engine, Identity

from kernel.clock import Clock, DatabaseClock
from kernel.timeouts import JOBS, Timeouts, open_engine
from kernel.transaction import BY_KEY, KEYED
from kernel.transaction import Row as Row
from kernel.transaction import Tx as Tx

# Every statement is planned for its values and for the current size of its tables, which may have been empty a
# minute ago. Only keyed plans may be kept, because they are right for any size (ADR 17).
_OPTIONS = "-c timezone=UTC -c plan_cache_mode=force_custom_plan"
_OPTIONS_BY_KEY = f"{_OPTIONS} " + " ".join(f"-c {name}={value}" for name, value in KEYED.items())


# The time of a statement of `Database.rows_at_once`: the clock's, or the database's.
NOW = "coalesce(CAST(:stands_at AS timestamptz), clock_timestamp())"


class Database:
    """Access to PostgreSQL. `transaction()` commits at the end of the block or rolls everything back."""

    def __init__(
        self, url: str, clock: Clock | None = None, *, pool_size: int = 10, timeouts: Timeouts = JOBS
    ) -> None:
        self._open = partial(open_engine, url, timeouts)
        self._keyed = False
        self.engine: Engine = self._open(_OPTIONS, pool_size)
        self.clock: Clock = clock or DatabaseClock()
        self.memory: dict[Any, Any] = {}

    @contextmanager
    def transaction(self, *, by_key: bool = False) -> Iterator[Tx]:
        """Open a transaction. With `by_key`, all rows are reached by their keys, whatever the planner thinks of the
        tables' sizes."""
        with self._opened() as tx:
            if by_key and not self._keyed:
                tx.scalar(BY_KEY)
            yield tx
        tx.committed()

    @contextmanager
    def snapshot(self) -> Iterator[Tx]:
        """Open a read-only transaction in which all statements see the same snapshot, for reports and checks."""
        with self._opened() as tx:
            tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield tx

    def rows_at_once(self, row_type: type[Row], sql: str, **values: Any) -> list[Row]:
        """Run one statement that is a transaction by itself, and return its rows as `Tx.rows_as` does.

        That takes one round trip; BEGIN, the time and COMMIT are three more. The statement reads the time by `NOW`.
        """
        with self.engine.connect() as connection, _by_statement(connection):
            tx = Tx(connection, self.clock, self.memory)
            return tx.rows_as(row_type, sql, **values, stands_at=self.clock.stands_at)

    @contextmanager
    def _opened(self) -> Iterator[Tx]:
        with self.engine.connect() as connection, connection.begin() as transaction:
            tx = Tx(connection, self.clock, self.memory)
            try:
                yield tx
                tx.flush()
                assert transaction.is_active, "a failure ended the transaction, and was not raised"
            finally:
                tx.close()

    def at(self, clock: Clock) -> "Database":
        """Return the same database with another clock (time travel for demos and tests)."""
        other = copy(self)
        other.clock = clock
        return other

    def apart(self, connections: int, *, by_key: bool = False) -> "Database":
        """Return the same database with its own pool of connections, whose users never wait behind others for one.

        With `by_key`, every transaction is a keyed one, without setting it on the server each time.
        """
        other = self.at(self.clock)
        other._keyed = by_key
        other.engine = self._open(_OPTIONS_BY_KEY if by_key else _OPTIONS, connections, overflow=0)
        return other

    def joined(self, tx: Tx) -> "Database":
        """Return the same database inside an open transaction: transactions opened on it are parts of that one."""
        other = object.__new__(_Joined)
        other.engine, other.clock, other.memory, other.tx = self.engine, self.clock, self.memory, tx
        return other

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _by_statement(connection: Connection) -> Iterator[None]:
    """Let the server commit each statement in this block by itself."""
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    driver.autocommit = True
    try:
        yield
    finally:
        try:
            driver.autocommit = False
        except psycopg.Error:  # the statement was interrupted
            connection.invalidate()


class _Joined(Database):
    tx: Tx

    def rows_at_once(self, row_type: type[Row], sql: str, **values: Any) -> list[Row]:
        return self.tx.rows_as(row_type, sql, **values, stands_at=self.tx.now)

    @contextmanager
    def transaction(self, *, by_key: bool = False) -> Iterator[Tx]:  # noqa: ARG002 - plans are the whole's
        with self.tx.part():
            yield self.tx


def identity() -> Any:
    """Return the column of a surrogate key, a number that the database assigns."""
    return Column(BigInteger, Identity(always=True), primary_key=True)


def moment(*, nullable: bool = False, primary_key: bool = False) -> Any:
    """Return the column of a point in time, always with time zone."""
    return Column(DateTime(timezone=True), nullable=nullable, primary_key=primary_key)


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the SQL condition that a column holds one of these constants, such as those of an enum."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"
