"""Let a command run beside `make run` find the demo's servers and secrets."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote


def with_demo_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment, completed with the demo's database, Redis, secrets and payment sandbox.

    Unchanged in production, with a DATABASE_URL, or if no demo was started in DATA_DIR.
    """
    env = dict(environ)
    folder = Path(env.get("DATA_DIR") or "var").absolute()
    if env.get("DATABASE_URL") or env.get("BEISHAN_ENV") == "production":
        return env
    demo = _database(folder) | _redis(folder) | _secrets(folder) | _sandbox(folder)
    return demo | {name: value for name, value in env.items() if value}


def _database(folder: Path) -> dict[str, str]:
    """Return the demo's DATABASE_URL, if any. Lines 4 and 5 of postmaster.pid hold PostgreSQL's port and socket
    directory."""
    try:
        lines = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
        port, sockets = lines[3], lines[4]
    except (OSError, IndexError):
        return {}
    return {"DATABASE_URL": f"postgresql://postgres@/beishan?host={quote(sockets)}&port={port}"}


def _redis(folder: Path) -> dict[str, str]:
    """Return the demo's REDIS_URL, if any. If the path of DATA_DIR is too long for a socket, commands do without;
    web servers then look for changes by themselves."""
    socket = folder / "redis" / "redis.sock"
    return {"REDIS_URL": f"unix://{quote(str(socket), safe='/')}?db=0"} if socket.is_socket() else {}


def _secrets(folder: Path) -> dict[str, str]:
    try:
        return dict(json.loads((folder / "secrets.json").read_text()))
    except (OSError, ValueError):
        return {}


def _sandbox(folder: Path) -> dict[str, str]:
    try:
        port = int((folder / "sandbox.port").read_text())
    except (OSError, ValueError):
        return {}
    mail = dict.fromkeys(("MAIL_URL", "SMS_URL"), f"file://{folder}/mailbox")
    return {"STRIPE_API_BASE": f"http://127.0.0.1:{port}", "BEISHAN_SANDBOX": "1", **mail}
