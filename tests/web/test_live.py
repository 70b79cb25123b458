"""Totals that move by themselves, with Redis and without."""

import json
import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
import redis

from app.live import news, stream
from app.live.publish import CHANNEL, publish
from app.live.stream import Feed
from embedded.process import wait_until
from embedded.redis import Redis
from tests.web.reader import Reader
from tests.world import World


def feed_of(world: World, redis_url: str | None = None) -> Feed:
    with world.db.transaction() as tx:
        campaign_id = tx.scalar("SELECT id FROM campaign")
    return Feed(world.deps, campaign_id, "CNY", redis_url)


class Page:
    """An open page: collects what it is told, in a thread of its own."""

    def __init__(self, feed: Feed) -> None:
        self.told: list[dict[str, Any]] = []
        self.beats = 0
        self._stream: Iterator[str] = feed.listen()
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for chunk in self._stream:
            if chunk.startswith("event: totals\ndata: "):
                self.told.append(json.loads(chunk.removeprefix("event: totals\ndata: ")))
            elif chunk.startswith(":"):
                self.beats += 1
            if self._gone.is_set():
                self._stream.close()  # type: ignore[attr-defined]
                return

    def until(self, donations: int, seconds: float = 20.0) -> float:
        """Wait until the page shows so many donations; return how long it took."""
        began = time.monotonic()
        while not self.told or self.told[-1]["donations"] < donations:
            assert time.monotonic() - began < seconds, self.told
            time.sleep(0.01)
        return time.monotonic() - began

    def close(self) -> None:
        self._gone.set()
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.fixture(autouse=True)
def _quick_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.3)


def pollers(before: list[threading.Thread]) -> int:
    """How many pollers run that were not there before."""
    return sum(thread.name.startswith("live-") for thread in threading.enumerate() if thread not in before)


def pay(world: World, redis_url: str | None = None) -> None:
    world.pay(world.give())
    with world.db.transaction() as tx:
        publish([tx.scalar("SELECT id FROM campaign")], redis_url)


def test_without_redis_pages_see_a_donation_within_seconds(world: World) -> None:
    world.pot(500_00)
    feed = feed_of(world)
    pages = [Page(feed), Page(feed)]
    for page in pages:
        page.until(0)
    world.pay(world.give())
    assert all(page.until(1) < 3 for page in pages)
    expected = {"donations": 1, "donors": 1, "raised_minor": 100_00, "matched_minor": 100_00, "currency": "CNY"}
    assert pages[0].told[-1] == expected
    for page in pages:
        page.close()


def test_after_a_restart_of_redis_the_first_announcement_is_heard(redis_server: Redis) -> None:
    publish([7], redis_server.url)
    redis_server.restart()
    pubsub = redis.from_url(redis_server.url).pubsub(ignore_subscribe_messages=True)
    pubsub.subscribe(f"{CHANNEL}7")
    assert pubsub.get_message(timeout=5) is None  # the subscription itself
    publish([7], redis_server.url)
    heard = pubsub.get_message(timeout=5)
    pubsub.close()
    assert heard is not None and heard["data"] == b"moved"


def test_with_redis_they_see_it_at_once(world: World, redis_server: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "LISTEN_S", 30.0)  # only the ring can wake it in time
    client = redis.from_url(redis_server.url)
    before = client.pubsub_numpat()
    page = Page(feed_of(world, redis_server.url))
    page.until(0)
    assert wait_until(lambda: client.pubsub_numpat() > before, 20), "nobody listens"
    pay(world, redis_server.url)
    page.until(1)
    page.close()


def test_a_change_after_a_rest_is_read_without_delay(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a change that follows another one within `SWARM_S` waits; on this clock, a second passes between any two
    looks."""
    rests: list[float] = []
    rung = threading.Semaphore(0)
    monkeypatch.setattr(stream, "time", SimpleNamespace(monotonic=partial(next, count()), sleep=rests.append))
    monkeypatch.setattr(
        stream, "News", lambda *_: SimpleNamespace(wait=partial(rung.acquire, timeout=20), close=lambda: None)
    )
    page = Page(feed_of(world))
    page.until(0)
    pay(world)
    rung.release()
    page.until(1)
    page.close()
    rung.release()  # so that the poller ends
    assert rests
    assert set(rests) == {0}


def test_with_redis_gone_pages_go_on(world: World) -> None:
    page = Page(feed_of(world, "unix:///nowhere/redis.sock"))
    page.until(0)
    pay(world, "unix:///nowhere/redis.sock")
    page.until(1)
    page.close()


def test_heartbeats_find_out_who_is_gone_and_the_poller_ends(world: World) -> None:
    before = threading.enumerate()
    feed = feed_of(world)
    page = Page(feed)
    page.until(0)
    assert pollers(before) == 1
    assert wait_until(lambda: page.beats >= 2, 20)
    page.close()
    assert wait_until(lambda: not pollers(before), 20), "the poller goes on for nobody"
    again = Page(feed)
    assert again.until(0) < 3, "who comes later starts it again"
    again.close()


def test_one_poller_serves_many_pages(world: World) -> None:
    before = threading.enumerate()
    feed = feed_of(world)
    pages = [Page(feed) for _ in range(20)]
    for page in pages:
        page.until(0)
    assert pollers(before) == 1
    for page in pages:
        page.close()


def test_stream_and_polling_say_the_same(reader: Reader, world: World) -> None:
    world.pay(world.give())
    polled = reader.http.get("/api/v1/campaigns/day/totals").get_json()
    assert polled == {"donations": 1, "donors": 1, "raised_minor": 100_00, "matched_minor": 0, "currency": "CNY"}
    response = reader.http.get("/api/v1/campaigns/day/live", buffered=False)
    assert response.content_type.startswith("text/event-stream")
    chunks = iter(response.response)
    stream = b"".join(next(chunks) for _ in range(2)).decode()  # type: ignore[arg-type]
    assert json.loads(stream.split("data: ")[1]) == polled
    response.close()
    assert reader.http.get("/api/v1/campaigns/none/live").status_code == 404
