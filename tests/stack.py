"""The whole of Beishan as `make run` starts it, in a folder of its own and on free ports: real gunicorn, scheduler,
sandbox, PostgreSQL and Redis, each of which a test may stop, kill or start again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from typing import Any

import config
from embedded.launch import Launch
from embedded.postgres import Postgres
from embedded.process import Child, ServerError, free_port
from embedded.redis import Redis
from embedded.supervisor import Service, Supervisor
from tests.clusters import SPEED, copy_cluster
from tests.forked import Service as ForkedService
from tests.forked import command
from tests.web_servers import WebServer

ROOT = Path(__file__).parents[1]
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class _Parts(Supervisor):
    """Starts nothing again by itself (a test wants the dead to stay dead), but knows every part by name."""

    def __init__(self) -> None:
        super().__init__(lambda _: None)
        self.named: dict[str, Service] = {}

    def add(self, name: str, service: Service) -> None:
        super().add(name, service)
        self.named[name] = service


class _Quick(Launch):
    """The same steps; each process of ours is forked from one that has imported the product."""

    def run(self, name: str, *args: str, death_signal: int = signal.SIGTERM, patience: float = 10.0) -> Child:
        kind = WebServer if name == "web" else ForkedService
        child = kind([sys.executable, *args], self.log(name), self.env, ROOT)
        child.death_signal, child.patience = death_signal, patience
        self.supervisor.add(name, child.start())
        return child

    def task(self, name: str, *args: str) -> str:
        done = command(self.env, self.data_dir, *args[4:])  # what follows `-m flask --app wsgi`
        self.logs.mkdir(exist_ok=True)
        self.log(name).write_text(done.stdout + done.stderr)
        if done.returncode:
            raise ServerError(f"{name} failed (exit {done.returncode}):\n{done.stdout}{done.stderr}")
        return done.stdout


class Stack:
    """One installation. `web`, `scheduler` and `sandbox` are `Child`s (`kill()` is kill -9, `start()` brings the
    part back), `redis` and `postgres` servers with `stop()` and `restart()`; `url` is where the pages are."""

    def __init__(self, folder: Path, launch: type[Launch], **environ: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._parts = _Parts()
        self._given = environ
        self._launch = launch
        self.launch: Launch
        self.postgres: Postgres

    def start(self) -> Stack:
        """Start everything, with the demo event in the database; raises ServerError."""
        compiled()
        if self._launch is not Launch:
            copy_cluster(self.folder / "postgres")
        self.postgres = Postgres.start(self.folder / "postgres", settings=SPEED)
        self._parts.add("PostgreSQL", self.postgres)
        env = {
            "PATH": "/usr/bin:/bin",
            "PORT": str(self.port),
            "SANDBOX_PORT": str(free_port()),
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.postgres.url,
            "WEB_CONCURRENCY": "1",
            "DEMO_GIFTS": "0",
            **self._given,
        }
        self.launch = self._launch(config.load(env), env, self._parts)
        self.launch.servers()
        self.launch.payments()
        self.launch.schema()
        self.login = self.launch.seed()
        self.launch.application()
        return self

    def stop(self) -> None:
        """Stop what still runs, in reverse order. The web server goes at once: in a test nobody needs the ten
        seconds that it gives to open pages."""
        if "web" in self._parts.named:
            self.web.kill()
        self._parts.stop()

    @property
    def web(self) -> Child:
        return self._child("web")

    @property
    def scheduler(self) -> Child:
        return self._child("scheduler")

    @property
    def sandbox(self) -> Child:
        return self._child("sandbox")

    @property
    def redis(self) -> Redis:
        server = self._parts.named["Redis"]
        assert isinstance(server, Redis)
        return server

    def _child(self, name: str) -> Child:
        child = self._parts.named[name]
        assert isinstance(child, Child)
        return child

    def flask(self, *args: str, typed: str = "") -> str:
        """Run a command of ours (`flask --app wsgi ARGS`) and return what it prints; asserts success."""
        done = command(self.launch.env, self.folder, *args, typed=typed)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def order(self, path: str, method: str = "POST", **fields: Any) -> Any:
        """An order to the sandbox (`/_sandbox/...`): faults, late payments, paused webhooks."""
        return call(f"{self.launch.sandbox_url}/_sandbox{path}", method, fields)

    def api(self, path: str, method: str = "GET", token: str = "", **fields: Any) -> Any:
        """A call of the public API, JSON in and out; asserts success."""
        return call(f"{self.url}/api/v1{path}", method, fields, token)


def call(url: str, method: str, fields: dict[str, Any], token: str = "") -> Any:
    """One JSON request; raises urllib.error.HTTPError for an answer of 400 and above."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    body = json.dumps(fields).encode() if method != "GET" else None
    with _OPENER.open(urllib.request.Request(url, body, headers, method=method), timeout=20) as response:
        return json.loads(response.read() or b"null")


@contextmanager
def running(launch: type[Launch] = _Quick, **environ: str) -> Iterator[Stack]:
    """A stack for a block; nothing of it is left afterwards."""
    # Not below pytest's own folder: that is closed to the system user that runs PostgreSQL for root.
    folder = Path(tempfile.mkdtemp(prefix="beishan-stack-"))
    folder.chmod(0o755)
    stack = Stack(folder, launch, **environ)
    try:
        yield stack.start()
    finally:
        stack.stop()
        rmtree(folder, ignore_errors=True)


def compiled() -> None:
    """Compile the catalogue of English texts when it is missing or older than its source."""
    folder = ROOT / "app" / "i18n" / "translations"
    source = folder / "en" / "LC_MESSAGES" / "messages.po"
    made = source.with_suffix(".mo")
    if made.exists() and made.stat().st_mtime >= source.stat().st_mtime:
        return
    subprocess.run([Path(sys.executable).with_name("pybabel"), "--quiet", "compile", "-d", str(folder)], check=True)
