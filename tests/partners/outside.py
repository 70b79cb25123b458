"""What runs outside of the test: the application served over HTTP, programs as processes, the packages of npm."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from kernel.clock import FixedClock

ROOT = Path(__file__).parents[2]
NODE_ROOM = ROOT / "tests" / "partners" / "node"


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def run(*command: str, stdin: str = "", **environ: str) -> str:
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def node_with_packages() -> str:
    """Return the program of Node.js; the packages of the lock file are installed when they are not."""
    program = shutil.which("node")
    assert program and shutil.which("npm"), "install Node.js 18 or newer (Debian: apt-get install nodejs npm)"
    installed, locked = NODE_ROOM / "node_modules" / ".package-lock.json", NODE_ROOM / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=NODE_ROOM, check=True, timeout=300
        )
    return program


@pytest.fixture
def clock() -> FixedClock:
    """The library judges times by the clock of its machine."""
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address
