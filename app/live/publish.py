"""Announce to every process that the totals of campaigns changed."""

from collections.abc import Iterable

import redis
import structlog

import config

CHANNEL = "beishan:totals:"


def publish(campaign_ids: Iterable[int], redis_url: str | None = None) -> None:
    """Announce that the totals of campaigns changed. Without Redis the feeds poll the books themselves.

    Never raises, because no payment may fail over the pages that show it.
    """
    url = redis_url or config.load().redis_url
    ids = list(campaign_ids)
    if not url or not ids:
        return
    try:
        client = redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)
        try:
            for campaign_id in ids:
                client.publish(f"{CHANNEL}{campaign_id}", "moved")
        finally:
            client.close()
    except Exception as error:  # a failed announcement must not fail the change that it announces
        structlog.get_logger("live").warning("publish_failed", error=type(error).__name__)
