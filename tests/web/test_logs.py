"""Lines of the log."""

import json

import pytest
import structlog

from app.observability.logs import configure


def test_a_line_feed_in_a_logged_value_starts_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO")
    forged = 'x\n{"event": "manager.sign_in"}\r\n'
    structlog.get_logger("test").warning("refused", about=forged)
    (line,) = capsys.readouterr().err.strip("\n").split("\n")
    assert json.loads(line)["about"] == forged and "\r" not in line
