"""A long import shows how far it is: on a terminal only, and never among what the command says."""

import os
import pty
from pathlib import Path

from tests import forked
from tests.api.client import SECRETS
from tests.world import TREE, World


def run(database_url: str, file: Path, stderr: Path) -> str:
    """Import a network in a process of its own and return what it says."""
    env = {**os.environ, "DATABASE_URL": database_url, **SECRETS}
    args = "flask", "--app", "wsgi", "import-network", str(file), "--lang", "en"
    done = forked.run(env, file.parent, *args, stderr=stderr)
    assert done.returncode == 0
    return done.stdout


def test_a_bar_on_a_terminal_and_none_elsewhere(world: World, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "tree.csv"
    file.write_text(TREE + "".join(f"4101019{number:04d},新村{number},village,410101\n" for number in range(1_500)))
    terminal, other_end = pty.openpty()
    assert (
        run(database_url, file, Path(os.ttyname(other_end)))
        == "1508 organisations: 1500 new, 0 renamed, 8 unchanged\n"
    )
    os.close(other_end)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert "0%" in shown and "50%" in shown
    quiet = tmp_path / "stderr"
    assert run(database_url, file, quiet) == "1508 organisations: 0 new, 0 renamed, 1508 unchanged\n"
    assert "%" not in quiet.read_text()
