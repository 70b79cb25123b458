"""Rate limits per caller: fixed windows of the library `limits`, counted in Redis.

Without Redis, each process counts the limits of signing in and of public forms itself (`without_redis`); all others
are off. These limits slow down guessing; they do not protect money.
"""

import time
from contextlib import suppress

import structlog
from flask import Flask, current_app
from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter

from app.current import settings
from app.http.reduced import ReducedMode
from kernel.errors import Forbidden

_TIMEOUT_S = 0.3  # most that waiting for Redis may delay a request


def attach(app: Flask) -> None:
    """Create the process's limiter, which connects on first use."""
    url = settings(app).redis_url
    limiter = app.extensions["limits"] = _limiter(url) if url else None
    app.extensions["reduced"] = ReducedMode(limiter.storage if limiter else None)
    app.extensions["limits_here"] = FixedWindowRateLimiter(MemoryStorage())


def _limiter(url: str) -> FixedWindowRateLimiter:
    if url.startswith("unix:"):
        url = f"redis+{url}"  # the library's scheme for a socket
    storage = RedisStorage(
        url,
        key_prefix="beishan:limit",
        wrap_exceptions=True,
        socket_timeout=_TIMEOUT_S,
        socket_connect_timeout=_TIMEOUT_S,
    )
    return FixedWindowRateLimiter(storage)


def hit(action: str, caller: str, most: int, per_s: int, *, without_redis: bool = False) -> None:
    """Count an attempt. Raises Forbidden `rate_limited` after `most` attempts by `caller` within `per_s` seconds.

    `without_redis`: while Redis does not answer, count in this process instead of allowing every attempt.
    """
    item = RateLimitItemPerSecond(most, per_s)
    limiter: FixedWindowRateLimiter | None = current_app.extensions["limits"]
    allowed = None
    try:
        allowed = limiter.hit(item, action, caller) if limiter else None
    except (StorageError, OSError) as error:
        structlog.get_logger("limits").warning("limits_off", error=type(error).__name__, own_count=without_redis)
    if allowed is None and without_redis:
        allowed = current_app.extensions["limits_here"].hit(item, action, caller)
    if allowed is False:
        raise Forbidden("rate_limited", retry_after_s=per_s)


def left(action: str, caller: str, most: int, per_s: int) -> tuple[int, int]:
    """Return how many attempts a caller has left, and the seconds until all of them are available again."""
    limiter: FixedWindowRateLimiter | None = current_app.extensions["limits"]
    with suppress(StorageError, OSError):
        if limiter:
            stats = limiter.get_window_stats(RateLimitItemPerSecond(most, per_s), action, caller)
            return stats.remaining, max(round(stats.reset_time - time.time()), 0)
    return most, per_s


def forget(action: str, caller: str, most: int, per_s: int) -> None:
    """Reset the attempts of a caller who turned out to be legitimate."""
    item = RateLimitItemPerSecond(most, per_s)
    with suppress(StorageError, OSError):
        for limiter in (current_app.extensions["limits_here"], current_app.extensions["limits"]):
            if limiter:
                limiter.clear(item, action, caller)
