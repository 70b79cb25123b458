"""Importing one room of `app` does not run the application."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
WHOLE = ("app.factory", "app.web.routes", "app.console.routes", "app.api.routes")


ROOMS = (
    "app.i18n.labels",
    "app.i18n.refusals.refusals",
    "app.live.publish",
    "app.jobs.registry",
    "app.http.access",
    "config",
)
# Each in a process of its own, forked from one that has imported the libraries.
ALONE = """
import os, sys, flask, sqlmodel
for module in sys.argv[1:]:
    if os.fork() == 0:
        __import__(module)
        print(module, *(name for name in sys.modules if name.startswith("app.")), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0, module
"""


def test_importing_one_room_does_not_import_the_application() -> None:
    program = [sys.executable, "-c", ALONE, *ROOMS]
    alone = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert alone.returncode == 0, alone.stderr
    imported = {line.split()[0]: set(line.split()[1:]) for line in alone.stdout.splitlines()}
    assert imported.keys() == set(ROOMS)
    assert {room: names & set(WHOLE) for room, names in imported.items() if names & set(WHOLE)} == {}
