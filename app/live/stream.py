"""Totals pushed to open pages, as server-sent events (HTML standard, section 9.2). Who polls asks the API.

One poller per process and campaign, however many pages are open: it reads the books when Redis says that they
changed, and without Redis every second. It runs only while somebody listens.
"""

import json
import time
from collections.abc import Iterator
from threading import Condition, Thread

import structlog
from flask import Blueprint, Flask, Response, current_app
from sqlalchemy.exc import SQLAlchemyError

from app.current import deps, settings
from app.http import access
from app.live.news import News
from campaigns.dependencies import Dependencies
from campaigns.disclosure.campaigns import public_campaign
from campaigns.disclosure.totals import totals

HEARTBEAT_S = 15.0  # detects clients that are gone, and keeps proxies from closing the connection
LONGEST_S = 3600.0  # then the page connects anew, perhaps to another process
SWARM_S = 0.1  # a batch publishes several times

blueprint = Blueprint("live", __name__, url_prefix="/api/v1/campaigns")


class Feed:
    """The newest totals of one campaign, and the listeners that wait for the next."""

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
        """Server-sent events until the client goes: totals at once and at every change, heartbeats between."""
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
        """Read the totals, notify, wait; return when nobody listens any more."""
        news = News(self._redis_url, self._campaign_id)
        try:
            while self._wanted():
                self._read()
                if news.wait():
                    time.sleep(SWARM_S)
        finally:
            with self._changed:
                self._polling = False  # had this failed, the next listener would start it again
            news.close()

    def _wanted(self) -> bool:
        with self._changed:
            self._polling = self._listeners > 0
            return self._polling

    def _read(self) -> None:
        try:
            with self._deps.db.snapshot() as tx:
                sums = totals(tx, [self._campaign_id])[self._campaign_id]
        except SQLAlchemyError as error:  # pages keep what they show; the next round tries again
            structlog.get_logger("live").warning("totals_unreadable", error=type(error).__name__)
            return
        payload = json.dumps({**sums._asdict(), "currency": self._currency})
        with self._changed:
            if payload != self._payload:
                self._payload = payload
                self._version += 1
                self._changed.notify_all()


def attach(app: Flask) -> None:
    """Register the live totals; the feeds live as long as the application."""
    app.extensions["live"] = {}
    app.register_blueprint(blueprint)


@blueprint.get("/<slug>/live")
@access.public
def live(slug: str) -> Response:
    """Stream the totals of a campaign."""
    with deps().db.snapshot() as tx:
        campaign = public_campaign(tx, slug)
    feeds: dict[int, Feed] = current_app.extensions["live"]
    feed = feeds.setdefault(campaign.id, Feed(deps(), campaign.id, campaign.currency, settings().redis_url))
    response = Response(feed.listen(), content_type="text/event-stream; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"  # nginx would hold the events back
    return response
