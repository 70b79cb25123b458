"""A PostgreSQL cluster with the newest schema, made once per run of the tests: servers start on copies of it, which
takes a fifth of the time of initdb and all migrations. `make run` without a copy is shown by the browser tests."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from embedded.postgres import Postgres
from migrations import upgrade

SPEED = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
SMALL = {"min_wal_size": "32MB", "max_wal_size": "64MB"}  # what is copied
FOLDER = "TESTS_CLUSTER_DIR"  # the workers of a run inherit it


def share() -> Path | None:
    """Let the processes of this run share a cluster. Return its folder for `unshare`; None if they do already."""
    if FOLDER in os.environ:
        return None
    # Not below pytest's own folder: that is closed to the system user that runs PostgreSQL for root.
    folder = Path(tempfile.mkdtemp(prefix="beishan-cluster-"))
    folder.chmod(0o755)
    os.environ[FOLDER] = str(folder)
    return folder


def unshare(folder: Path) -> None:
    """End what `share` began."""
    os.environ.pop(FOLDER, None)
    shutil.rmtree(folder, ignore_errors=True)


def copy_cluster(data_dir: Path) -> None:
    """Make `data_dir` a copy of the cluster of this run; whoever comes first makes that. Outside of a run do
    nothing."""
    if FOLDER not in os.environ:
        return
    folder = Path(os.environ[FOLDER])
    made = folder / "postgres"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            shutil.rmtree(made, ignore_errors=True)
            with Postgres.start(made, settings=SPEED | SMALL) as server:
                upgrade(server.url)
            (folder / "made").touch()
    subprocess.run(["cp", "-a", made, data_dir], check=True)  # -a keeps its owner
