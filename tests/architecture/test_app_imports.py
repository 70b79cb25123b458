"""Importing one room of `app` does not run the application."""

import pytest

from tests.architecture.alone import import_alone

WHOLE = ("app.factory", "app.web.routes", "app.console.routes", "app.api.routes")
ROOMS = (
    "app.i18n.labels",
    "app.i18n.refusals.refusals",
    "app.live.publish",
    "app.jobs.registry",
    "app.http.access",
    "config",
)
LEFT_OUT = f"assert not {set(WHOLE)} & set(sys.modules)"


def test_importing_one_room_does_not_import_the_application() -> None:
    import_alone(ROOMS, LEFT_OUT)


def test_a_failed_check_is_seen() -> None:
    with pytest.raises(AssertionError, match="AssertionError: config"):
        import_alone(["config"], "assert 'config' not in sys.modules")
