"""Totals pushed to open pages as server-sent events (HTML standard, section 9.2). Clients that poll use the API.

Each process has one poller per campaign, however many pages are open. It reads the books when Redis announces a
change, and without Redis every second. It runs only while there are listeners.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from threading import Condition, Lock, Thread

import structlog
from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from app.current import deps, settings
from app.http import access
from app.http.network import network_of, tells_visitors_apart
from app.http.reduced import require_full
from app.live.news import News
from campaigns.dependencies import Dependencies
from campaigns.disclosure.campaigns import public_campaign
from campaigns.disclosure.totals import totals
from kernel.errors import Forbidden, Unavailable

HEARTBEAT_S = 15.0  # detects disconnected clients, and keeps proxies from closing the connection
LONGEST_S = 3600.0  # then the page reconnects, perhaps to another process
SWARM_S = 0.1  # least time between two readings of the books: in a rush every batch publishes
KNOWN_S = 5.0  # how long a campaign is cached
TURN_S = 2.0  # longest wait for other readers of the database
AWAKE = 50  # number of pages notified at a time

blueprint = Blueprint("live", __name__, url_prefix="/api/v1/campaigns")


class Feed:
    """The latest totals of one campaign, and the listeners that wait for the next."""

    def __init__(self, deps: Dependencies, campaign_id: int, currency: str, redis_url: str | None) -> None:
        self._deps = deps
        self._campaign_id = campaign_id
        self._currency = currency
        self._redis_url = redis_url
        self._changed = Condition()
        self._listeners = 0
        self._polling = False
        self._version = 0
        self._payload = ""

    def listen(self) -> Iterator[str]:
        """Yield server-sent events until the client disconnects or `LONGEST_S` is over: totals at once and at every
        change, heartbeats in between."""
        self._join()
        try:
            yield "retry: 3000\n\n"
            seen, ends = 0, time.monotonic() + LONGEST_S
            while time.monotonic() < ends:
                with self._changed:
                    self._changed.wait_for(lambda seen=seen: self._version > seen, HEARTBEAT_S)  # type: ignore[misc]
                    changed = self._version > seen
                    seen, payload = self._version, self._payload
                yield f"event: totals\ndata: {payload}\n\n" if changed else ": still here\n\n"
        finally:
            self._leave()

    def _join(self) -> None:
        with self._changed:
            self._listeners += 1
            if self._polling:
                return
            self._polling = True
        Thread(target=self._poll, name=f"live-{self._campaign_id}", daemon=True).start()

    def _leave(self) -> None:
        with self._changed:
            self._listeners -= 1

    def _poll(self) -> None:
        """Read the totals, notify the listeners, and wait. Return when there are no listeners left."""
        news = News(self._redis_url, self._campaign_id)
        try:
            while self._wanted():
                self._read()
                rests_until = time.monotonic() + SWARM_S
                if news.wait():
                    time.sleep(max(0.0, rests_until - time.monotonic()))
        finally:
            with self._changed:
                self._polling = False  # if this poller failed, the next listener starts another
            news.close()

    def _wanted(self) -> bool:
        with self._changed:
            self._polling = self._listeners > 0
            return self._polling

    def _read(self) -> None:
        try:
            with self._deps.db.snapshot() as tx:
                sums = totals(tx, [self._campaign_id])[self._campaign_id]
        except SQLAlchemyError as error:  # pages keep their totals, and the next round tries again
            structlog.get_logger("live").warning("totals_unreadable", error=type(error).__name__)
            return
        payload = json.dumps({**sums._asdict(), "currency": self._currency})
        with self._changed:
            if payload == self._payload:
                return
            self._payload = payload
            self._version += 1
            listeners = self._listeners
        for _ in range(0, listeners, AWAKE):
            with self._changed:
                self._changed.notify(AWAKE)
            time.sleep(0)  # let requests of donors run between two groups of readers


class Streams:
    """The number of open streams in this process, in total and per address."""

    def __init__(self, most: int, of_address: int) -> None:
        self._most = most
        self.of_address = of_address
        self._turn = Lock()
        self._open: Counter[str] = Counter()

    def enter(self, network: str) -> None:
        """Count a new stream. Raises Unavailable `streams_full`, or Forbidden `too_many_streams` for its
        address."""
        with self._turn:
            if self._open.total() >= self._most:
                raise Unavailable("streams_full")
            if self.full(network):
                raise Forbidden("too_many_streams", most=self.of_address)
            self._open[network] += 1

    def full(self, network: str) -> bool:
        """Return whether an address has reached its number of streams. `app/http/doors.py` checks this too, before
        a request costs anything."""
        return tells_visitors_apart(network) and self._open[network] >= self.of_address

    def leave(self, network: str) -> None:
        """Count the end of a stream."""
        with self._turn:
            self._open[network] -= 1
            if not self._open[network]:
                del self._open[network]


def attach(app: Flask) -> None:
    """Register the live totals. The feeds live as long as the application."""
    config = settings(app)
    app.extensions["live"] = {}
    app.extensions["live_turn"] = Lock()
    app.extensions["live_streams"] = Streams(config.live_streams_most, config.live_streams_of_address)
    app.register_blueprint(blueprint)


def _feed(slug: str) -> Feed:
    """Return the feed of a campaign. The campaign is read from the database at most every `KNOWN_S` and by one
    reader at a time, however many pages are opened."""
    feeds: dict[str, tuple[Feed, float]] = current_app.extensions["live"]
    if slug in feeds and time.monotonic() < feeds[slug][1]:
        return feeds[slug][0]
    turn: Lock = current_app.extensions["live_turn"]
    if not turn.acquire(timeout=TURN_S):
        raise Unavailable("database_busy")
    try:
        now = time.monotonic()
        known = feeds.get(slug)
        if known and now < known[1]:  # another reader was faster
            return known[0]
        with deps().db.snapshot() as tx:
            campaign = public_campaign(tx, slug)
        feed = known[0] if known else Feed(deps(), campaign.id, campaign.currency, settings().redis_url)
        feeds[slug] = feed, now + KNOWN_S
        return feed
    finally:
        turn.release()


@blueprint.get("/<slug>/live")
@access.public
def live(slug: str) -> Response:
    """Stream the totals of a campaign. Streams are limited per process and per address; a client without one polls
    `/totals`."""
    require_full()
    network = network_of(request.remote_addr or "")
    streams: Streams = current_app.extensions["live_streams"]
    streams.enter(network)
    try:
        feed = _feed(slug)
    except BaseException:
        streams.leave(network)
        raise
    response = Response(feed.listen(), content_type="text/event-stream; charset=utf-8")
    response.call_on_close(lambda: streams.leave(network))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would buffer the events
    return response
