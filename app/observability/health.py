"""Health checks: whether the process is alive, and whether its database accepts writes."""

import time
from threading import Thread
from typing import Any

from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.current import deps
from app.http import access
from kernel.errors import Unavailable
from kernel.outage import READ_ONLY, UNAVAILABLE, outage_of

MOST_S = 2.0
AWAY_S = 5.0  # seconds of "not ready" after the database refused a write because it cannot store anything
CLOSER_LOOK_S = 60.0  # seconds after such a refusal in which a write is tried
_READ_ONLY = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on'"
# A new table needs a page of the disk, which free space in an existing table cannot provide. It is tried only after
# a refusal, because each attempt leaves dead rows in the catalogue.
_WRITE = "CREATE TEMPORARY TABLE readiness ON COMMIT DROP AS SELECT repeat('x', 4000) AS page"


def attach(app: Flask) -> None:
    """Add `/healthz`, which touches nothing, and `/readyz`, which checks whether the database accepts writes."""

    @app.get("/healthz")
    @access.monitoring
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    @access.monitoring
    def readyz() -> Any:
        refused: tuple[Unavailable, float] | None = app.extensions.get("write_refused")
        since_s = time.monotonic() - refused[1] if refused else CLOSER_LOOK_S
        if refused and since_s < AWAY_S:
            outage: Unavailable | None = refused[0]
        else:
            outage = database_outage(deps().db.engine, writing=since_s < CLOSER_LOOK_S)
        if outage is None:
            return {"status": "ok"}
        return {"status": "unavailable", "code": outage.code}, 503, {"Retry-After": "5"}


def database_outage(engine: Engine, within_s: float = MOST_S, *, writing: bool = False) -> Unavailable | None:
    """Return why the database cannot serve, or None if it answers in time and accepts writes. With `writing`, try a
    write.

    The query runs in a thread of its own, because a dead connection or an exhausted pool would block longer.
    """
    outages: list[Unavailable | None] = []

    def query() -> None:
        try:
            with engine.begin() as connection:
                read_only = connection.execute(text(_READ_ONLY)).scalar_one()
                if writing and not read_only:
                    connection.execute(text(_WRITE))
            outages.append(READ_ONLY if read_only else None)
        except SQLAlchemyError as error:
            outages.append(outage_of(error) or UNAVAILABLE)

    thread = Thread(target=query, daemon=True)
    thread.start()
    thread.join(within_s)
    return outages[0] if outages else UNAVAILABLE
