"""How often one caller may try something: fixed windows of the library `limits`, counted in Redis.

Fails open: without Redis everything is allowed. These limits slow down guessing, they do not guard money.
"""

import structlog
from flask import Flask, current_app
from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from app.current import settings
from kernel.errors import Forbidden

_TIMEOUT_S = 0.3  # waiting for Redis must not slow down a request by more


def attach(app: Flask) -> None:
    """Make one limiter for the process; it connects when it is first used."""
    url = settings(app).redis_url
    app.extensions["limits"] = _limiter(url) if url else None


def _limiter(url: str) -> FixedWindowRateLimiter:
    if url.startswith("unix:"):
        url = f"redis+{url}"  # what the library calls a socket
    storage = RedisStorage(
        url,
        key_prefix="beishan:limit",
        wrap_exceptions=True,
        socket_timeout=_TIMEOUT_S,
        socket_connect_timeout=_TIMEOUT_S,
    )
    return FixedWindowRateLimiter(storage)


def hit(action: str, caller: str, most: int, per_s: int) -> None:
    """Count one try. Raises Forbidden `rate_limited` after `most` tries by `caller` within `per_s` seconds."""
    limiter: FixedWindowRateLimiter | None = current_app.extensions["limits"]
    if limiter is None:
        return
    try:
        allowed = limiter.hit(RateLimitItemPerSecond(most, per_s), action, caller)
    except (StorageError, OSError) as error:
        structlog.get_logger("limits").warning("limits_off", error=type(error).__name__)
        return
    if not allowed:
        raise Forbidden("rate_limited", retry_after_s=per_s)
