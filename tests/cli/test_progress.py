"""A long import shows how far it is: on a terminal only, and never among what the command says."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.api.client import SECRETS
from tests.world import TREE, World

ROOT = Path(__file__).parents[2]


def run(database_url: str, file: Path, stderr: int) -> str:
    """Import a network in a process of its own and return what it says."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "import-network", str(file)]
    env = {**os.environ, "DATABASE_URL": database_url, **SECRETS}
    return subprocess.run(
        command, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, check=True
    ).stdout.decode()


def test_a_bar_on_a_terminal_and_none_elsewhere(world: World, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "tree.csv"
    file.write_text(TREE + "".join(f"4101019{number:04d},新村{number},village,410101\n" for number in range(1_500)))
    terminal, other_end = pty.openpty()
    assert run(database_url, file, other_end) == "1508 organisations: 1500 new, 0 renamed, 8 unchanged\n"
    os.close(other_end)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert "0%" in shown and "50%" in shown
    quiet = tmp_path / "stderr"
    with quiet.open("w") as stderr:
        assert run(database_url, file, stderr.fileno()) == "1508 organisations: 0 new, 0 renamed, 1508 unchanged\n"
    assert "%" not in quiet.read_text()
