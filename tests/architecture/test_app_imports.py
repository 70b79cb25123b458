"""Importing one room of `app` does not run the application."""

import subprocess
import sys

import pytest

WHOLE = ("app.factory", "app.web.routes", "app.console.routes", "app.api.routes")


@pytest.mark.parametrize(
    "module",
    [
        "app.i18n.labels",
        "app.i18n.refusals.refusals",
        "app.live.publish",
        "app.jobs.registry",
        "app.http.access",
        "config",
    ],
)
def test_importing_one_room_does_not_import_the_application(module: str) -> None:
    code = f"import sys, {module}; print(*sorted(name for name in sys.modules if name.startswith('app.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(WHOLE) & set(done.stdout.split())
