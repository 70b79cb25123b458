"""Modules imported alone: each in a process of its own, forked from one that has imported the libraries once."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, sys, flask_smorest, orjson, psycopg, sqlmodel, sqlalchemy.dialects.postgresql, structlog
check, *modules = sys.argv[1:]
for module in modules:
    if os.fork() == 0:
        __import__(module)
        exec(check)
        os._exit(0)
    assert os.wait()[1] == 0, module
"""


def import_alone(modules: Sequence[str], check: str) -> None:
    """Import each of these modules and run the statement `check` after it; assert that none fails."""
    program = [sys.executable, "-c", PROGRAM, check, *modules]
    alone = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert alone.returncode == 0, alone.stderr
