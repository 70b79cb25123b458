"""`python -m embedded.training FOLDER [--port PORT] [--url URL]`: keep the training site of managers (ADR 41).

It is the whole of Beishan with its own servers, secrets, payment sandbox and mailbox below FOLDER. All of it is
deleted when its order is withdrawn or expires.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import config
from embedded.launch import Launch
from embedded.process import ServerError, free_port, wait_until
from embedded.supervisor import Supervisor
from settings.training_files import ORDER, STATE, take_lock

# The environment variables that programs need to run: no database, key, provider or address of the real site.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH")
_LOCK_SECONDS = 20.0  # the children of a killed keeper may still be exiting
_PAUSE_S = 0.5


class TrainingLaunch(Launch):
    """The steps of `make run`, with the campaign of a training instead of the demo's."""

    def __init__(
        self, settings: config.Config, environ: Mapping[str, str], supervisor: Supervisor, order: Mapping[str, Any]
    ) -> None:
        super().__init__(settings, environ, supervisor)
        self._order = order

    def seed(self) -> str:
        """Create the network, the accounts and the campaign. Return a line of JSON that says how to sign in."""
        options = ["--minutes", str(self._order["minutes"])]
        if network := self._order.get("network"):
            file = self.data_dir / "network.csv"
            file.write_text(network, encoding="utf-8")
            options += ["--network", str(file)]
        if branch := self._order.get("branch"):
            options += ["--branch", branch]
        return self.task("seed", "-m", "flask", "--app", "wsgi", "seed-training", *options)


def site_environment(inherited: Mapping[str, str], site: Path, port: int, url: str) -> dict[str, str]:
    """Return the environment of a training site. `url` is its public address, by default on this machine.

    The default uses another host name than the real site, so that browsers keep their cookies apart.
    """
    return {
        **{name: inherited[name] for name in INHERITED if name in inherited},
        "DATA_DIR": str(site),
        "PORT": str(port),
        "SANDBOX_PORT": str(free_port()),
        "PUBLIC_URL": url or f"http://localhost:{port}",
        "BEISHAN_TRAINING": "1",
        "WEB_CONCURRENCY": "1",
    }


class Keeper:
    """Starts the ordered training site, supervises it, and deletes it."""

    def __init__(self, folder: Path, environ: Mapping[str, str], port: int = 0, url: str = "") -> None:
        self._folder = folder
        self._site = folder / "site"
        self._environ = environ
        self._port, self._url = port, url
        self._order_id = ""
        self._supervisor = Supervisor(say)

    def tick(self) -> None:
        """Do what has become due since the last call."""
        order = _read(self._folder / ORDER)
        if order and datetime.fromisoformat(order["until"]) <= datetime.now(UTC):
            (self._folder / ORDER).unlink(missing_ok=True)
            order = None
        if order is None or order["id"] != self._order_id:
            self._throw_away(unless=order["id"] if order else "")
        if order is not None and not self._order_id:
            self._start(order)
        self._supervisor.tick()

    def stop(self) -> None:
        """Stop the site. It continues when the keeper runs again."""
        self._supervisor.stop()
        self._supervisor = Supervisor(say)
        self._order_id = ""

    def _throw_away(self, unless: str) -> None:
        """Stop and delete the site, except for a site of the current order that a stopped keeper left."""
        self.stop()
        state = _read(self._folder / STATE)
        if unless and state and state["id"] == unless:
            return
        (self._folder / STATE).unlink(missing_ok=True)
        if self._site.exists():
            shutil.rmtree(self._site)
            say("the training site was thrown away")

    def _start(self, order: Mapping[str, Any]) -> None:
        self._order_id = order["id"]
        self._report("starting")
        environ = site_environment(self._environ, self._site, self._port or free_port(), self._url)
        try:
            settings = config.load(environ)
            run = TrainingLaunch(settings, environ, self._supervisor, order)
            run.servers()
            run.payments()
            run.schema()
            access = json.loads(run.seed())
            run.application()
        except (ServerError, OSError, ValueError) as error:
            say(f"the training site did not start: {error}")
            self._supervisor.stop()
            self._supervisor = Supervisor(say)
            self._report("failed")
            return
        self._report("running", url=settings.public_url, **access)

    def _report(self, state: str, **more: str) -> None:
        """Write the state atomically, because other processes read it at any time."""
        path = self._folder / STATE
        unfinished = path.with_name(f"{STATE}.new")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps({"id": self._order_id, "state": state, **more}), encoding="utf-8")
        unfinished.replace(path)


def say(line: str) -> None:
    """Print a line to the log and flush it."""
    print(line, flush=True)


def main(arguments: Sequence[str]) -> int:
    """Keep the training site of a folder until SIGTERM or Ctrl-C. Return 1 when another keeper runs on it."""
    parser = ArgumentParser(prog="python -m embedded.training")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0, help="default: a free one at each start")
    parser.add_argument("--url", default="", help="where people reach it; default: this machine")
    options = parser.parse_args(arguments)
    folder: Path = options.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if not wait_until(lambda: take_lock(folder) is not None, _LOCK_SECONDS):  # held until this process ends
        say(f"a keeper runs on {folder} already")
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    keeper = Keeper(folder, os.environ, options.port, options.url)
    try:
        while True:
            keeper.tick()
            time.sleep(_PAUSE_S)
    except KeyboardInterrupt:
        return 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        keeper.stop()


def _read(path: Path) -> dict[str, Any] | None:
    try:
        read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return read


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
