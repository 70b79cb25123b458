"""Wait for a message that totals changed, which Redis carries (`publish`), or for a moment without Redis."""

import time
from typing import Any

import redis

from app.live.publish import CHANNEL

POLL_S = 1.0  # poll interval without Redis
LISTEN_S = 5.0  # with Redis, the books are read at least this often
RECONNECT_S = 10.0


class News:
    """Change messages of one campaign, or of all campaigns. Not thread-safe."""

    def __init__(self, redis_url: str | None, campaign_id: int | None = None) -> None:
        self._url = redis_url
        self._channel = f"{CHANNEL}{'*' if campaign_id is None else campaign_id}"
        self._client: Any = None
        self._pubsub: Any = None
        self._retry_at = 0.0

    def wait(self) -> bool:
        """Wait for a message for at most `LISTEN_S`, or without Redis for `POLL_S`. Return whether there was
        one."""
        if self._pubsub is None and self._url and time.monotonic() >= self._retry_at:
            self._connect()
        if self._pubsub is None:
            time.sleep(POLL_S)
            return False
        try:
            heard = self._pubsub.get_message(ignore_subscribe_messages=True, timeout=LISTEN_S)
        except (redis.RedisError, OSError):
            self.close()
            return False
        return heard is not None

    def _connect(self) -> None:
        self._retry_at = time.monotonic() + RECONNECT_S
        assert self._url
        try:
            self._client = redis.from_url(self._url, socket_connect_timeout=1)
            pubsub = self._client.pubsub()
            pubsub.psubscribe(self._channel)
            self._pubsub = pubsub
        except (redis.RedisError, OSError):
            self.close()

    def close(self) -> None:
        for part in (self._pubsub, self._client):
            if part is not None:
                part.close()
        self._pubsub = self._client = None
