"""Time-outs for PostgreSQL, so that a frozen, overloaded or unreachable server blocks no request."""

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

GRACE_S = 1  # lets the server end a statement itself first, if it can


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time-outs in seconds.

    `connect_s` limits opening a connection, `pool_s` waiting for a free one, `statement_s` a statement, `lock_s` a
    lock, and `idle_s` the idle time within a transaction. The defaults are for pages, whose visitors wait.
    """

    connect_s: int = 3
    pool_s: int = 2
    statement_s: int = 6
    lock_s: int = 5
    idle_s: int = 15

    @property
    def answer_s(self) -> int:
        """How long to wait for the answer to one statement before the server counts as frozen."""
        return self.statement_s + GRACE_S

    @property
    def longest_s(self) -> int:
        """The longest time from the start of a request to its refusal when the server is frozen: one connection and
        one statement."""
        return self.pool_s + max(self.connect_s, self.answer_s)

    @property
    def options(self) -> str:
        """Return the settings that the server applies itself."""
        limits = {
            "statement_timeout": self.statement_s,
            "lock_timeout": self.lock_s,
            "idle_in_transaction_session_timeout": self.idle_s,
        }
        return " ".join(f"-c {name}={seconds * 1000}" for name, seconds in limits.items())

    @property
    def arguments(self) -> dict[str, int]:
        """Return the settings of the connection. Keepalives and the TCP time-out detect an unreachable machine; a
        local socket needs neither."""
        return {
            "connect_timeout": self.connect_s,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": self.answer_s * 1000,
        }


JOBS = Timeouts(connect_s=10, pool_s=30, statement_s=1800, lock_s=60, idle_s=60)


class Connection(psycopg.Connection[Any]):
    """A connection that gives up when the server does not answer.

    A frozen server cannot cancel its statements, while its machine still acknowledges what we send.
    """

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
    """Return an engine with such connections; `options` are further settings of the server for them."""
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=overflow,
        pool_timeout=timeouts.pool_s,
        # The connection that was used last has its plans and catalogue ready. Taking turns, the scheduler would
        # spread a backlog over all those that its jobs ever needed at once.
        pool_use_lifo=True,
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
    """Detect a server that closed its end by reading without blocking, which costs no round trip. The pool then
    returns a fresh connection."""
    try:
        connection.pgconn.consume_input()
    except psycopg.OperationalError as error:
        raise DisconnectionError from error
