"""Draw papers: a Typst template and values become a PNG or a PDF.

Values are data, never markup: text typed by a donor is set as text, in the direction and form of its script.
"""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import structlog

from app.papers.fonts import folders
from app.training_marks import training_mark
from kernel.errors import Unavailable

TEMPLATES = Path(__file__).parent / "templates"
_PRINTER = Path(__file__).parent / "printer.py"
_TIME_S = 15.0
_AT_ONCE = 2  # per web process: drawing takes a tenth of a second of CPU time
_WAIT_S = 5.0  # maximum wait for a turn

_turn = BoundedSemaphore(_AT_ONCE)


class Form(StrEnum):
    """The file formats of a paper."""

    PNG = "png"
    PDF = "pdf"


def draw(template: str, values: Mapping[str, Any], form: Form = Form.PNG, *, ppi: int = 72) -> bytes:
    """Return a drawn paper. A point of the template is a pixel at 72 `ppi`. Waits for its turn, so call it outside
    transactions. Raises Unavailable `paper_unavailable`."""
    job = {
        "root": str(TEMPLATES),
        "fonts": folders(),
        "template": template,
        "values": {**values, "training": training_mark()},
        "format": form.value,
        "ppi": ppi,
        "at": int(time.time()),
    }
    if not _turn.acquire(timeout=_WAIT_S):
        raise Unavailable("paper_unavailable")
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_PRINTER)],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=_TIME_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise Unavailable("paper_unavailable") from late
    finally:
        _turn.release()
    if done.returncode or not done.stdout:
        # The printer's messages may quote what donors typed, so only the failure is logged.
        structlog.get_logger().error("paper_failed", template=template, status=done.returncode)
        raise Unavailable("paper_unavailable")
    return done.stdout
