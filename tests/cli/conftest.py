"""Commands as a terminal runs them, on this test's own database."""

from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from tests.api.client import application
from tests.world import World


class Terminal:
    """Runs commands; `ok` wants exit code 0, `refused` 1 with the code on stderr and no traceback."""

    def __init__(self, app: Flask) -> None:
        self._runner = app.test_cli_runner()

    def run(self, *args: str, typed: str = "") -> Result:
        result: Any = self._runner.invoke(args=args, input=typed)
        return result

    def ok(self, *args: str, typed: str = "") -> str:
        result = self.run(*args, typed=typed)
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    def refused(self, code: str, *args: str, typed: str = "") -> str:
        result = self.run(*args, typed=typed)
        assert result.exit_code == 1, (result.output, result.exception)
        assert isinstance(result.exception, SystemExit)
        assert result.stderr.startswith(f"{code}:"), result.stderr
        assert "Traceback" not in result.output
        return result.stderr


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, world.deps, DEMO_GIFTS="60")


@pytest.fixture
def terminal(app: Flask) -> Terminal:
    return Terminal(app)
