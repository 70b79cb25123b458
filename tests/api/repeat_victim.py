"""A web process that gets one request and is killed (kill -9) right after a named step of it."""

from datetime import datetime
from typing import Any

from kernel.clock import FixedClock
from kernel.db import Database
from tests.api.client import application
from tests.crash.victim import die_after
from tests.offline import offline_deps


def run(order: dict[str, Any]) -> None:
    """Send the request to the application of this process."""
    url = order["database"]
    app = application(url, offline_deps(Database(url, FixedClock(datetime.fromisoformat(order["now"])))))
    die_after(order["module"], order["dies_after"])
    app.test_client().post(
        order["path"], headers=order["headers"], data=order["body"], content_type="application/json"
    )
