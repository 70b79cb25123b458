"""The id of the current request, in logs and problem documents."""

from flask import g


def request_id() -> str:
    """Return the id of the current request; empty before it has one."""
    return str(g.get("request_id", ""))
