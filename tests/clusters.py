"""A PostgreSQL cluster with the newest schema, made once per run of the tests: servers start on copies of it, which
takes a fifth of the time of initdb and all migrations. `make run` without a copy is shown by the browser tests."""

import fcntl
import shutil
import subprocess
from pathlib import Path

from embedded.postgres import Postgres
from migrations import upgrade
from tests.run_folder import shared

SPEED = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
    "autovacuum": "off",  # it comes when it likes: no test may see its locks, or plans that it changed, at times
}
SMALL = {"min_wal_size": "32MB", "max_wal_size": "64MB"}  # what is copied


def copy_cluster(data_dir: Path) -> None:
    """Make `data_dir` a copy of the cluster of this run; whoever comes first makes that. Outside of a run do
    nothing."""
    if not (folder := shared("cluster")):
        return
    made = folder / "postgres"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            shutil.rmtree(made, ignore_errors=True)
            with Postgres.start(made, settings=SPEED | SMALL) as server:
                upgrade(server.url)
            (folder / "made").touch()
    subprocess.run(["cp", "-a", made, data_dir], check=True)  # -a keeps its owner
