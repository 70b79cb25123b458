"""The database: one engine, and transactions that use cases open and nothing below them commits."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Engine, Identity, TextClause, create_engine, text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from kernel.clock import Clock, DatabaseClock

Model = TypeVar("Model", bound=SQLModel)

_statements: dict[str, TextClause] = {}


def _statement(sql: str) -> TextClause:
    """Parse a statement once: SQLAlchemy caches the compiled form on the same clause object."""
    found = _statements.get(sql)
    if found is None:
        found = _statements[sql] = text(sql)
    return found


# In JSON every backslash begins an escape; in an array literal only these two mean the same.
_OTHER_ESCAPE = re.compile(r'\\[^"\\]')


def _bound(values: dict[str, Any]) -> dict[str, Any]:
    """Lists as PostgreSQL array literals. The driver writes them too, but element by element in Python: on bulk
    statements of a thousand rows that costs more than the statement."""
    return {name: _array(value) if type(value) is list else value for name, value in values.items()}


def _array(items: list[Any]) -> Any:
    """A flat list as '{1,"two",null}': JSON and array literals agree but for some escapes; what they do not
    share (control characters, bytes) is left to the driver."""
    try:
        literal = json.dumps(items, ensure_ascii=False, separators=(",", ":"), default=_text)
    except TypeError:
        return items
    other = "\\" in literal and _OTHER_ESCAPE.search(literal.replace("\\\\", ""))
    return items if other else "{" + literal[1:-1] + "}"


def _text(item: Any) -> str:
    """UUIDs, times and days as PostgreSQL reads them. Raises TypeError for anything else."""
    if isinstance(item, UUID | date):
        return str(item)
    raise TypeError(f"{type(item).__name__} has no plain text form")


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

    def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """Run one SQL statement with bound values and return its rows."""
        return self.session.execute(_statement(sql), _bound(values)).all()

    def row(self, sql: str, **values: Any) -> Any | None:
        """The only row of a statement, or None."""
        return self.session.execute(_statement(sql), _bound(values)).one_or_none()

    def run(self, sql: str, **values: Any) -> int:
        """Run a statement that returns nothing; the number of rows that it touched."""
        return self.session.execute(_statement(sql), _bound(values)).rowcount  # type: ignore[attr-defined, no-any-return]

    def scalar(self, sql: str, **values: Any) -> Any:
        """The first column of the first row, or None."""
        return self.session.execute(_statement(sql), _bound(values)).scalar()

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


class Database:
    """The way to PostgreSQL. `transaction()` commits at the end of the block or rolls all of it back."""

    def __init__(self, url: str, clock: Clock | None = None, *, pool_size: int = 10) -> None:
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=10,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args={"options": "-c timezone=UTC -c idle_in_transaction_session_timeout=60000"},
        )
        self.clock: Clock = clock or DatabaseClock()
        self.memory: dict[Any, Any] = {}

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        with Session(self.engine, expire_on_commit=False) as session:
            tx = Tx(session, self.clock, self.memory)
            with session.begin():
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


def identity() -> Any:
    """The column of a surrogate key: a number that the database gives, never the program."""
    return Column(BigInteger, Identity(always=True), primary_key=True)


def moment(*, nullable: bool = False) -> Any:
    """The column of a time: with time zone, always."""
    return Column(DateTime(timezone=True), nullable=nullable)
