"""A private PostgreSQL server on a data directory, reachable through a unix socket only."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

from embedded.accounts import account_for
from embedded.cluster import BIN, SUPERUSER, prepare
from embedded.process import Child
from embedded.server import Server, Settings

DATABASE = "beishan"
PORT = 5432  # part of the socket's name; nothing listens on TCP


class Postgres(Server):
    """A server and its database `beishan`. The data stays in `data_dir`; tests may pass fsync=off.

    `start` and `restart` also raise ServerError when another server runs on the directory, or when it holds
    something else.
    """

    socket_name = f".s.PGSQL.{PORT}.lock"
    ready_seconds = 60.0  # crash recovery replays up to max_wal_size
    defaults: ClassVar[Settings] = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_permissions": "0700",
        "max_connections": "200",
        "shared_buffers": "256MB",
        "wal_level": "replica",
        "max_wal_size": "2GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "autovacuum_naptime": "15s",  # a campaign fills its tables within minutes
        "default_statistics_target": "25",  # autovacuum's sample is as small as that of the job `analyse` (ADR 17)
        "jit": "off",  # our queries are short; JIT compilation costs more than it saves
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
    }

    def __init__(self, data_dir: Path, settings: Settings | None = None, log: Path | None = None) -> None:
        self.account = account_for(data_dir)
        super().__init__(data_dir, settings, log)

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the database `beishan`."""
        folder = quote(str(self.sockets.path), safe="/")
        return f"postgresql+psycopg://{SUPERUSER}@/{DATABASE}?host={folder}&port={PORT}"

    def prepare(self) -> None:
        """Create the data directory if it is missing, and remove the pid files of a dead server."""
        prepare(self.data_dir, self.account, self.log, durable=self.settings.get("fsync") != "off")

    def child(self) -> Child:
        """Return the command of `postgres` in the foreground. SIGINT is its "fast shutdown": it ends sessions and
        writes a checkpoint."""
        settings = {**self.settings, "unix_socket_directories": str(self.sockets.path)}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Child(
            [str(BIN / "postgres"), "-D", str(self.data_dir), *flags],
            self.log,
            cwd=Path("/"),
            account=self.account,
            death_signal=signal.SIGINT,
            stop_signal=signal.SIGINT,
            patience=60.0,
        )

    def refusal(self) -> str | None:
        """Return None once the server accepts connections and the database exists; create the database if it is
        missing."""
        address = make_conninfo(
            host=str(self.sockets.path), port=PORT, user=SUPERUSER, dbname="postgres", connect_timeout=5
        )
        try:
            with psycopg.connect(address, autocommit=True) as connection:
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(query, (DATABASE,)).fetchone() is None:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError as error:
            return str(error)
        return None
