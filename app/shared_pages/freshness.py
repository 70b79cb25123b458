"""What this process knows about the state of the database behind shared pages: a version, and when it was verified.

One watcher per process checks twice a second, whatever the number of readers, and only while there are readers.
News from Redis triggers a check at once, but nothing depends on it.
"""

import time
from collections.abc import Callable
from datetime import datetime
from threading import Condition, Event, Thread

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.live.news import News
from campaigns.disclosure.changes import Look, look, next_moment
from kernel.db import Database

LOOK_S = 0.5  # between checks; on the half seconds of the clock, which suits caches in front best
MOST_AGE_S = 0.95  # maximum age of a page shown while the database answers
IDLE_S = 5.0  # without readers, before the watcher stops
LOST_S = 2 * MOST_AGE_S  # a check that takes longer counts as failed


class Freshness:
    """The version of the database's content. `version` grows with every change; a page built from the current
    version is right. `content` grows when a table changed that giving does not write."""

    def __init__(self, db: Callable[[], Database], redis_url: str | None) -> None:
        self._open = db
        self._db: Database | None = None
        self._redis_url = redis_url
        self._turn = Condition()
        self._hurry = Event()
        self._watching = False
        self._watches = 0
        self._wanted_at = self._began_at = 0.0
        self._look: Look | None = None
        self._next: datetime | None = None
        self.version = self.content = 0
        self.verified_at = -LOST_S  # monotonic time at which this version was right
        self.before_at = -LOST_S  # time until which the previous version was right
        self.failed = False

    def current(self, now: float) -> bool:
        """Return whether the version is known to be right, after a short wait for a check if necessary."""
        self._wanted_at = now
        if now - self.verified_at < MOST_AGE_S:
            return True
        with self._turn:
            if not self._watching:
                self._start(now)
            elif self.failed or now - self._began_at > LOST_S:
                return False
            verified = self.verified_at
            self._turn.wait_for(lambda: self.verified_at > verified or self.failed, MOST_AGE_S)
            return self.verified_at > verified

    def _start(self, now: float) -> None:
        self._watching, self.failed, self._began_at = True, False, now
        self._watches += 1
        Thread(target=self._watch, name="shared-pages", daemon=True).start()
        if self._redis_url:
            Thread(target=self._listen, args=(self._watches,), name="shared-pages-news", daemon=True).start()

    def stop(self) -> None:
        """Stop the watcher and close its connection. The next reader starts it again."""
        self._wanted_at = -IDLE_S
        self._hurry.set()
        with self._turn:
            self._turn.wait_for(lambda: not self._watching, 2 * LOST_S)
        if self._db is not None:
            self._db.close()

    def right_until(self, version: int) -> float:
        """Return the last time at which a page of this version is known to have been right."""
        if version == self.version:
            return self.verified_at
        return self.before_at if version == self.version - 1 else -LOST_S

    def _reading(self) -> bool:
        return time.monotonic() - self._wanted_at < IDLE_S

    def _watch(self) -> None:
        try:
            while self._reading():
                self._hurry.clear()
                self._began_at = time.monotonic()
                changed = self._verify()
                rest = LOOK_S - time.time() % LOOK_S
                self._hurry.wait(rest if rest > LOOK_S / 5 else rest + LOOK_S)  # woken early: do not check twice
                if changed and (pause := LOOK_S - (time.monotonic() - self._began_at)) > 0:
                    time.sleep(pause)  # news arrive in bursts
        finally:
            with self._turn:
                self._watching = False
                self._turn.notify_all()

    def _verify(self) -> bool:
        """Check once and wake the waiting readers; return whether anything changed."""
        began = time.monotonic()
        try:
            self._db = self._db or self._open()
            with self._db.transaction() as tx:
                seen = look(tx)
                due = self._look is None or (self._next is not None and seen.at >= self._next)
                earlier = self._look or seen
                changed, changes = seen.changes.after(earlier.changes)
                content_changed, content = seen.content.after(earlier.content)
                upcoming = next_moment(tx) if due or changed else self._next
        except SQLAlchemyError as error:
            if not self.failed:
                structlog.get_logger("shared_pages").warning("database_unavailable", error=type(error).__name__)
            with self._turn:
                self.failed = True
                self._turn.notify_all()
            return False
        with self._turn:
            if changed or due:
                self.before_at = self.verified_at
                self.version += 1
            if content_changed or due:
                self.content += 1
            self._look, self._next = Look(changes, content, seen.at), upcoming
            self.verified_at, self.failed = began, False
            self._turn.notify_all()
        return changed or due

    def _listen(self, watch: int) -> None:
        news = News(self._redis_url)
        try:
            while self._watching and watch == self._watches:
                if news.wait():
                    self._hurry.set()
        finally:
            news.close()
