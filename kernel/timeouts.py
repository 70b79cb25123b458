"""How long to wait for PostgreSQL, so that a server that is frozen, full of work or gone makes nobody hang."""

from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError

from kernel.greenlets import shares_its_thread, wait_in_greenlet

Result = TypeVar("Result")

GRACE_S = 1  # the server ends a statement by itself first, if it is able to


@dataclass(frozen=True, slots=True)
class Timeouts:
    """All in seconds. `connect_s`: for a new connection; `pool_s`: for a free one of ours; `statement_s`: for one
    statement; `lock_s`: for one lock; `idle_s`: of a transaction in which nothing is asked."""

    connect_s: int = 3
    pool_s: int = 2
    statement_s: int = 6
    lock_s: int = 5
    idle_s: int = 15

    @property
    def answer_s(self) -> int:
        """For the answer to one statement, after which the server counts as frozen."""
        return self.statement_s + GRACE_S

    @property
    def longest_s(self) -> int:
        """From the begin of a request to the refusal when the server is frozen: a connection, then a statement."""
        return self.pool_s + max(self.connect_s, self.answer_s)

    @property
    def options(self) -> str:
        """What the server itself must know."""
        limits = {
            "statement_timeout": self.statement_s,
            "lock_timeout": self.lock_s,
            "idle_in_transaction_session_timeout": self.idle_s,
        }
        return " ".join(f"-c {name}={seconds * 1000}" for name, seconds in limits.items())

    @property
    def arguments(self) -> dict[str, int]:
        """What the connection must know. Keepalives and the TCP time-out find a machine that is gone; a socket on
        this machine needs neither."""
        return {
            "connect_timeout": self.connect_s,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": self.answer_s * 1000,
        }


WEB = Timeouts()  # somebody waits
JOBS = Timeouts(connect_s=10, pool_s=30, statement_s=1800, lock_s=60, idle_s=60)


class Connection(psycopg.Connection[Any]):
    """A connection that is given up when the server does not answer: a frozen one cannot end its statements, and
    its machine still acknowledges what we send."""

    answer_s: float = JOBS.answer_s

    in_greenlets = False  # the thread is shared with other requests

    def wait(self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None) -> Result:
        timeout_s = self.answer_s if timeout is None else timeout
        try:
            if self.in_greenlets:
                return wait_in_greenlet(gen, self.pgconn.socket, timeout_s)
            return super().wait(gen, interval, timeout_s)
        except errors._WaitTimeout as silence:
            self.close()
            raise psycopg.OperationalError("the database does not answer") from silence


def open_engine(url: str, timeouts: Timeouts, options: str, connections: int, overflow: int = 10) -> Engine:
    """Return an engine whose connections are such ones; `options`: further settings of the server for them."""
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=overflow,
        pool_timeout=timeouts.pool_s,
        json_deserializer=orjson.loads,
        connect_args={**timeouts.arguments, "options": f"{options} {timeouts.options}"},
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: list[Any], named: dict[str, Any]) -> Connection:
        connection = Connection.connect(*arguments, **named)
        connection.answer_s, connection.in_greenlets = timeouts.answer_s, shares_its_thread()
        return connection

    event.listen(engine, "checkout", _still_connected)
    return engine


def _still_connected(connection: Any, _record: Any, _proxy: Any) -> None:
    """A server that went away has closed its end: reading what came, without waiting, tells, and costs no round
    trip. The pool hands out a fresh connection."""
    try:
        connection.pgconn.consume_input()
    except psycopg.OperationalError as error:
        raise DisconnectionError from error
