"""How often one caller may try something: fixed windows of the library `limits`, counted in Redis.

Without Redis the limits of signing in are counted in each process; all others are off. These limits slow down
guessing, they do not guard money.
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
from app.http.reduced import ReducedMode, note_trouble
from kernel.errors import Forbidden

_TIMEOUT_S = 0.3  # waiting for Redis must not slow down a request by more


def attach(app: Flask) -> None:
    """Make one limiter for the process; it connects when it is first used."""
    url = settings(app).redis_url
    app.extensions["reduced"] = ReducedMode()
    app.extensions["limits"] = _limiter(url) if url else None
    app.extensions["limits_here"] = FixedWindowRateLimiter(MemoryStorage())


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


def hit(action: str, caller: str, most: int, per_s: int, *, without_redis: bool = False) -> None:
    """Count one try. Raises Forbidden `rate_limited` after `most` tries by `caller` within `per_s` seconds.

    `without_redis`: while Redis does not answer this process counts for itself, instead of letting all through.
    """
    item = RateLimitItemPerSecond(most, per_s)
    limiter: FixedWindowRateLimiter | None = current_app.extensions["limits"]
    allowed = None
    try:
        allowed = limiter.hit(item, action, caller) if limiter else None
    except (StorageError, OSError) as error:
        note_trouble("redis")
        structlog.get_logger("limits").warning("limits_off", error=type(error).__name__, own_count=without_redis)
    if allowed is None and without_redis:
        allowed = current_app.extensions["limits_here"].hit(item, action, caller)
    if allowed is False:
        raise Forbidden("rate_limited", retry_after_s=per_s)


def left(action: str, caller: str, most: int, per_s: int) -> tuple[int, int]:
    """Return how many tries a caller has left, and the seconds after which all of them are back."""
    limiter: FixedWindowRateLimiter | None = current_app.extensions["limits"]
    with suppress(StorageError, OSError):
        if limiter:
            stats = limiter.get_window_stats(RateLimitItemPerSecond(most, per_s), action, caller)
            return stats.remaining, max(round(stats.reset_time - time.time()), 0)
    return most, per_s


def forget(action: str, caller: str, most: int, per_s: int) -> None:
    """Forget the tries of a caller who turned out to be the right one."""
    item = RateLimitItemPerSecond(most, per_s)
    with suppress(StorageError, OSError):
        for limiter in (current_app.extensions["limits_here"], current_app.extensions["limits"]):
            if limiter:
                limiter.clear(item, action, caller)
