"""Health checks: the process is alive; it reaches its database."""

from threading import Thread
from typing import Any

from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.current import deps
from app.http import access

MOST_S = 2.0


def attach(app: Flask) -> None:
    """Add `/healthz`, which touches nothing, and `/readyz`, which queries the database."""

    @app.get("/healthz")
    @access.monitoring
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    @access.monitoring
    def readyz() -> Any:
        if database_answers(deps().db.engine):
            return {"status": "ok"}
        return {"status": "unavailable", "code": "database_unavailable"}, 503, {"Retry-After": "5"}


def database_answers(engine: Engine, within_s: float = MOST_S) -> bool:
    """Return whether the database answers a query in time.

    Queries in a thread of its own: a dead connection or an exhausted pool would block longer.
    """
    answered: list[bool] = []

    def ask() -> None:
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return
        answered.append(True)

    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(within_s)
    return bool(answered)
