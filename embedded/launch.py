"""The steps of `make run`: servers, sandbox, schema, demo campaign, scheduler and web."""

from __future__ import annotations

import re
import shlex
import signal
import sys
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import config
from embedded.demo import keep_sandbox_port, load_secrets, with_defaults
from embedded.postgres import Postgres
from embedded.process import Child, ServerError, wait_until
from embedded.redis import Redis
from embedded.supervisor import Supervisor

ROOT = Path(__file__).parents[1]
# With BEISHAN_SEED=0, what the printed login is otherwise.
_EMPTY = """没有演示数据。在另一个终端里导入组织网络、建第一个账号（会显示密码）：
No demo data. In another terminal, import a network and create the first account (prints its password):
  export DATA_DIR={folder}
  .venv/bin/flask --app wsgi import-network campaigns/network/data/luoyang-network.csv
  .venv/bin/flask --app wsgi users create NAME --role admin"""
_WEB_SECONDS = 180.0  # two workers that import everything on a busy machine


def responds(port: int, path: str) -> bool:
    """Return whether a GET on 127.0.0.1:`port` returns 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _listens(child: Child, port: int) -> bool:
    """Return whether a server of ours has written to its log that it listens (gunicorn and our sandbox do)."""
    return bool(re.search(rf"(?i)listening (at:|on) http://127\.0\.0\.1:{port}\b", child.output()))


def _serves(web: Child, port: int) -> bool:
    """Return whether our own web server responds, not another program that took its port meanwhile."""
    return _listens(web, port) and responds(port, "/healthz")


def _require_ready(child: Child, title: str, is_ready: Callable[[], bool], seconds: float) -> None:
    """Wait until a child is ready. Raises ServerError if it ends before, or takes too long."""
    ready = wait_until(lambda: not child.alive or is_ready(), seconds, pause=0.2)
    if not ready or not child.alive:
        raise ServerError(f"{title} did not start; {child.log} ends with:\n{child.log_tail()}")


class Launch:
    """One run of the demo: the settings, the environment of the children, and the steps.

    Every step raises ServerError, with a message for the terminal, when it fails.
    """

    def __init__(self, settings: config.Config, environ: Mapping[str, str], supervisor: Supervisor) -> None:
        self.port, self.sandbox_port = settings.port, settings.sandbox_port
        self.data_dir = settings.data_dir.absolute()
        self.logs = self.data_dir / "logs"
        self.supervisor = supervisor
        self.sandbox_url: str | None = None
        self.env = {
            **with_defaults(environ, {"PUBLIC_URL": settings.public_url}),
            "PORT": str(self.port),
            "DATA_DIR": str(self.data_dir),
            "PYTHONUNBUFFERED": "1",
        }

    def servers(self) -> None:
        """Start PostgreSQL and Redis, each unless its URL is set."""
        if not self.env.get("DATABASE_URL"):
            postgres = Postgres.start(self.data_dir / "postgres", log=self.log("postgres"))
            self.supervisor.add("PostgreSQL", postgres)
            self.env["DATABASE_URL"] = postgres.url
        if not self.env.get("REDIS_URL"):
            redis = Redis.start(self.data_dir / "redis", log=self.log("redis"))
            self.supervisor.add("Redis", redis)
            self.env["REDIS_URL"] = redis.url

    def payments(self) -> None:
        """Load the demo's secrets, and start the sandbox unless the key of a real provider is set."""
        made = load_secrets(self.data_dir)
        real = bool(self.env.get("STRIPE_SECRET_KEY"))
        self.env = with_defaults(self.env, {name: made[name] for name in ("SECRET_KEY", "FIELD_KEY")})
        if real:
            return
        self.env = with_defaults(self.env, made)
        port = self.sandbox_port
        keep_sandbox_port(self.data_dir, port)
        self.sandbox_url = f"http://127.0.0.1:{port}"
        self.env |= {"STRIPE_API_BASE": self.sandbox_url, "BEISHAN_SANDBOX": "1"}
        # Letters to donors are stored where /demo/mailbox shows them.
        mailbox = f"file://{self.data_dir}/mailbox"
        self.env = with_defaults(self.env, {"MAIL_URL": mailbox, "SMS_URL": mailbox})
        child = self.run("sandbox", *self._sandbox(port))
        _require_ready(child, "The payment sandbox", lambda: _listens(child, port), 20.0)

    def _sandbox(self, port: int) -> list[str]:
        return [
            *("-m", "sandbox", "--port", str(port), "--data", str(self.data_dir / "sandbox.sqlite")),
            *("--webhook-url", f"http://127.0.0.1:{self.port}/webhooks/stripe"),
            *("--webhook-secret", self.env["STRIPE_WEBHOOK_SECRET"]),
            *("--api-key", self.env["STRIPE_SECRET_KEY"]),
        ]

    def schema(self) -> None:
        """Bring the schema up to date."""
        self.task("migrate", "-m", "flask", "--app", "wsgi", "db-upgrade")

    def seed(self) -> str:
        """Create the demo campaign unless BEISHAN_SEED=0; return the command's output (the manager's login), or
        how to begin without it."""
        if self.env.get("BEISHAN_SEED") == "0":
            return _EMPTY.format(folder=shlex.quote(str(self.data_dir)))
        return self.task("seed", "-m", "flask", "--app", "wsgi", "seed")

    def training(self) -> None:
        """Start the keeper of the training site. The site itself runs only once a manager orders it."""
        folder = self.data_dir / "training"
        self.env = with_defaults(self.env, {"TRAINING_DIR": str(folder)})
        self.run("training", "-m", "embedded.training", self.env["TRAINING_DIR"], patience=40.0)

    def application(self) -> None:
        """Start the scheduler, its helper for backlogs, and the web server. Return when the web server responds."""
        self.run("scheduler", "-m", "app.jobs.scheduler")
        self.run("inbox-worker", "-m", "app.jobs.scheduler", "process-inbox")
        web = self.run(
            "web",
            *("-m", "gunicorn", "-c", str(ROOT / "embedded" / "gunicorn_conf.py"), "wsgi:app"),
            death_signal=signal.SIGQUIT,  # quit at once, without waiting for open pages
            patience=15.0,
        )
        _require_ready(web, "The web server", lambda: _serves(web, self.port), _WEB_SECONDS)

    def log(self, name: str) -> Path:
        """Return the path of a child's log."""
        return self.logs / f"{name}.log"

    def run(self, name: str, *args: str, death_signal: int = signal.SIGTERM, patience: float = 10.0) -> Child:
        """Start `python ARGS` as a supervised service."""
        child = Child([sys.executable, *args], self.log(name), self.env, ROOT)
        child.death_signal, child.patience = death_signal, patience
        self.supervisor.add(name, child.start())
        return child

    def task(self, name: str, *args: str) -> str:
        """Run `python ARGS` to its end and return its output. Raises ServerError when it fails."""
        errors = self.log(f"{name}.errors")
        child = Child([sys.executable, *args], self.log(name), self.env, ROOT, error_log=errors).start()
        try:
            code = child.wait()
        finally:
            child.stop()
        if code != 0:
            last = "\n".join(errors.read_text(errors="replace").splitlines()[-15:])
            raise ServerError(f"{name} failed (exit {code}), see {errors}:\n{last}")
        return child.output()
