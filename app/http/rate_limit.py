"""How often one caller may try something, counted in Redis. Without Redis everything is allowed: these limits keep
guessing slow, they do not guard money."""

from typing import Any

import redis
import structlog
from flask import Flask, current_app

from app.current import settings
from kernel.errors import Forbidden

_PATIENCE_S = 0.3


def attach(app: Flask) -> None:
    """A client for the whole process; it connects when it is first used."""
    url = settings(app).redis_url
    client: Any = None
    if url:
        client = redis.from_url(url, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S)
    app.extensions["limits"] = client


def hit(what: str, who: str, most: int, per_s: int) -> None:
    """Count one try. Raises Forbidden `rate_limited` after `most` tries by `who` within `per_s` seconds."""
    client = current_app.extensions["limits"]
    if client is None:
        return
    key = f"beishan:limit:{what}:{who}"
    try:
        with client.pipeline() as pipe:
            tries, _ = pipe.incr(key).expire(key, per_s, nx=True).execute()
    except (redis.RedisError, OSError) as error:
        structlog.get_logger("limits").warning("limits_off", error=type(error).__name__)
        return
    if tries > most:
        raise Forbidden("rate_limited", retry_after_s=per_s)
