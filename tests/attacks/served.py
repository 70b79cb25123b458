"""A database and a web server of a test's own, which it may freeze, fill and silence."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from embedded.launch import responds
from embedded.postgres import Postgres
from embedded.process import Child, descendants, free_port, wait_until
from tests.api.client import SECRETS
from tests.stack import ROOT, compiled
from tests.web_servers import WebServer


class Answer(NamedTuple):
    """What came back, and after how many seconds."""

    status: int
    body: bytes
    headers: dict[str, str]
    seconds: float


class Site:
    """A gunicorn as `make run` starts it, with a payment provider that answers at once."""

    def __init__(self, port: int, child: Child) -> None:
        self.port = port
        self.child = child

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request on a connection of its own; header names with _ for -."""
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Content-Type": "application/json"} | named)
            response = connection.getresponse()
            content = response.read()
            return Answer(response.status, content, dict(response.headers), time.monotonic() - began)
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)


@contextmanager
def serving(
    url: str, redis_url: str, folder: Path, log: Path | None = None, *, closed: bool = False, **environ: str
) -> Iterator[Site]:
    """A site on a database; `log` is where it writes, unless it begins with its output closed."""
    compiled()
    port = free_port()
    env = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "PORT": str(port),
        "DATA_DIR": str(folder),
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "WEB_CONCURRENCY": "1",
        "STRIPE_SECRET_KEY": "sk_test_attacks",
        "STRIPE_WEBHOOK_SECRET": "whsec_attacks",
        "STRIPE_API_BASE": "http://127.0.0.1:9",
        **SECRETS,
        **environ,
    }
    kind = Child if closed else WebServer
    child = kind(_gunicorn(closed=closed), log or folder / f"web-{port}.log", env, ROOT)
    child.death_signal = child.stop_signal = signal.SIGQUIT
    child.start()
    try:
        ready = wait_until(lambda: not child.alive or responds(port, "/healthz"), 60, 0.1)
        assert ready and child.alive, child.log_tail()
        yield Site(port, child)
    finally:
        child.stop()


def _gunicorn(*, closed: bool) -> Sequence[str]:
    conf = str(ROOT / "embedded" / "gunicorn_conf.py")
    server = [sys.executable, "-m", "gunicorn", "-c", conf, "bench.wsgi:app"]
    return ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *server] if closed else server


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    """Stop a server and all its processes where they are; its sockets stay open."""
    assert server.pid is not None
    family = [server.pid, *descendants(server.pid)]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in family:
            os.kill(pid, signal.SIGCONT)
