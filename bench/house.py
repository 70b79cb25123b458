"""The environment of benchmarks: servers in a separate folder, and a fresh database for each benchmark."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
from sqlalchemy import make_url

import config
from app.dependencies import make_dependencies
from bench import day
from bench.load import Loader
from campaigns.dependencies import Dependencies
from embedded.launch import responds
from embedded.postgres import Postgres
from embedded.process import Child, ServerError, descendants, free_port, port_is_free, wait_until
from embedded.redis import Redis
from migrations import upgrade

ROOT = Path(__file__).parents[1]
STRIPE_KEY = "sk_test_bench"
_READY_S = 60.0
DURABLE: Mapping[str, str] = {}  # PostgreSQL's defaults (fsync, synchronous commit): as in `make run`


class Served(NamedTuple):
    """A running gunicorn."""

    port: int
    child: Child

    @property
    def peak_mb(self) -> float:
        """The sum of the memory peaks of its processes."""
        family = [self.child.pid or 0, *descendants(self.child.pid or 0)]
        lines = (line for pid in family for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


class House:
    """The servers of one run of benchmarks, created by `open_house`."""

    def __init__(self, folder: Path, stack: ExitStack, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.postgres = stack.enter_context(Postgres.start(folder / "postgres", settings=dict(settings)))
        self.redis = stack.enter_context(Redis.start(folder / "redis"))
        self.loader = stack.enter_context(Loader())
        self.alone = False  # True if benchmarks were named: then sizes that take long are wanted
        self._databases = 0
        self._template: str | None = None

    def env(self, url: str, **more: str) -> dict[str, str]:
        """Return the environment of a server or worker on this database, with separate secrets, as production
        requires."""
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "PYTHONUNBUFFERED": "1",
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": url,
            "REDIS_URL": self.redis.url,
            "SECRET_KEY": "bench-secret-key",
            "FIELD_KEY": "bench-field-key",
            "STRIPE_SECRET_KEY": STRIPE_KEY,
            "STRIPE_WEBHOOK_SECRET": "whsec_bench",
            "STRIPE_API_BASE": "http://127.0.0.1:9",  # nothing listens there: an unexpected call fails at once
            **more,
        }

    def deps(self, url: str) -> Dependencies:
        """Return the dependencies as production creates them, for work in this process."""
        return make_dependencies(config.load(self.env(url)))

    def database(self) -> str:
        """Return the URL of a fresh database with the giving day of the benchmarks (a cheap copy)."""
        if self._template is None:
            upgrade(self.postgres.url)
            deps = self.deps(self.postgres.url)
            day.make(deps)
            deps.db.close()
            self._template = self.postgres.url
        return self.copy(self._template)

    def copy(self, url: str) -> str:
        """Copy a database without connections, and return the URL of the copy."""
        self._databases += 1
        name, source = f"bench_{self._databases}", make_url(url)
        admin = self.postgres.url.replace("+psycopg", "").replace("/beishan?", "/postgres?")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {source.database} STRATEGY FILE_COPY")
        return source.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        """Drop a copy, because a hundred thousand donations take disk space."""
        admin = self.postgres.url.replace("+psycopg", "").replace("/beishan?", "/postgres?")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    @contextmanager
    def serve(self, url: str, app: str = "bench.wsgi:app", **more: str) -> Iterator[Served]:
        """Run gunicorn with the configuration of `make run`. Raises ServerError when it does not start."""
        port = free_port()
        env = self.env(url, PORT=str(port), **more)
        conf = str(ROOT / "embedded" / "gunicorn_conf.py")
        child = self.child(f"web-{port}", env, "-m", "gunicorn", "-c", conf, app)
        child.death_signal, child.stop_signal = signal.SIGQUIT, signal.SIGQUIT
        with self._running(child):
            _wait(child, lambda: responds(port, "/healthz"))
            yield Served(port, child)

    @contextmanager
    def scheduler(self, url: str, *jobs: str) -> Iterator[Child]:
        """Run the scheduler as in production, or only these jobs of it."""
        name = "-".join(("scheduler", *jobs))
        with self._running(self.child(name, self.env(url), "-m", "app.jobs.scheduler", *jobs)) as child:
            yield child

    @contextmanager
    def sandbox(self) -> Iterator[str]:
        """Run the payment sandbox in a separate process, and yield its address. It sends no webhooks."""
        port = free_port()
        data = self.folder / f"sandbox-{port}.sqlite"
        args = ("-m", "sandbox", "--port", str(port), "--data", str(data), "--api-key", STRIPE_KEY)
        child = self.child("sandbox", dict(os.environ), *args)
        with self._running(child):
            _wait(child, lambda: not port_is_free(port))
            yield f"http://127.0.0.1:{port}"

    def child(self, name: str, env: dict[str, str], *args: str) -> Child:
        """Return the command `python ARGS`, not started."""
        return Child([sys.executable, *args], self.folder / "logs" / f"{name}.log", env, ROOT)

    @contextmanager
    def _running(self, child: Child) -> Iterator[Child]:
        child.start()
        try:
            yield child
        finally:
            child.stop()


def _wait(child: Child, ready: object) -> None:
    assert callable(ready)
    if not wait_until(lambda: not child.alive or ready(), _READY_S, 0.1) or not child.alive:
        raise ServerError(f"{child.args} did not start:\n{child.log_tail()}")


@contextmanager
def open_house(settings: Mapping[str, str] = DURABLE, kind: type[House] = House) -> Iterator[House]:
    """Open a house in a temporary folder, which is deleted afterwards."""
    # Under root, PostgreSQL runs as another user, who must be able to traverse the folder.
    folder = Path(tempfile.mkdtemp(prefix="beishan-bench-"))
    folder.chmod(0o755)
    try:
        with ExitStack() as stack:
            yield kind(folder, stack, settings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
