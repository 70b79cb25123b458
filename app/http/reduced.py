"""Reduced mode: only giving is served. Standings, people, teams and live streams are off, which leaves their
resources to donors.

The setting `REDUCED=on` or the command `reduced on`, which every process follows within seconds, turns it on. With
`auto`, the default, it is on for a while after the database failed, and while Redis does not answer; with `off` it
never is.
"""

import time

import structlog
from flask import current_app, request
from limits.storage import Storage
from sqlalchemy.exc import SQLAlchemyError

from app.current import deps, settings
from app.http.request_id import MAKING
from campaigns.site_switch import AUTO, ON, REDUCED, read_switch
from kernel.errors import Unavailable

TROUBLE_S = 30.0  # how long the mode lasts after a failure of the database
LOOK_S = 3.0  # how long a process caches the switch, and whether Redis answers
WITHDRAWN = "withdrawn"  # noted for the shared page that this mode refused


class ReducedMode:
    """What one process knows about the mode. Giving never checks it. `redis`: None without Redis, which is no
    failure."""

    def __init__(self, redis: Storage | None) -> None:
        self._redis = redis
        self._redis_answers = True
        self._trouble_at = -TROUBLE_S
        self._switch = AUTO
        self._looked_at = -LOOK_S

    def note_trouble(self, cause: str) -> None:
        """Note that the database failed just now."""
        if time.monotonic() - self._trouble_at > TROUBLE_S:
            structlog.get_logger("reduced").warning("reduced_mode", cause=cause, seconds=TROUBLE_S)
        self._trouble_at = time.monotonic()

    def is_on(self) -> bool:
        """Return whether the mode is on."""
        order = self._order()
        if order != AUTO:
            return order == ON
        return not self._redis_answers or time.monotonic() - self._trouble_at < TROUBLE_S

    def withdraws(self) -> bool:
        """Return whether kept pages are withdrawn too. After a failure of the database they stay, marked as late:
        then the last good page is all there is."""
        order = self._order()
        return order == ON or (order == AUTO and not self._redis_answers)

    def _order(self) -> str:
        """Return what the setting or else the switch orders; looks at the switch and Redis every `LOOK_S`
        seconds."""
        setting: str = settings().reduced
        if setting != AUTO:
            return setting
        self._look()
        return self._switch

    def look_again(self) -> None:
        """Look at the switch at the next question: something changed in the database, and what is built from it
        stays."""
        self._looked_at = -LOOK_S

    def _look(self) -> None:
        if time.monotonic() - self._looked_at < LOOK_S:
            return
        self._looked_at = time.monotonic()  # set before: only one request looks, even if the database hangs
        answers = self._redis is None or self._redis.check()
        if answers != self._redis_answers:
            structlog.get_logger("reduced").warning("reduced_mode", cause="redis", answers=answers)
        self._redis_answers = answers
        try:
            with deps().db.snapshot() as tx:
                self._switch = read_switch(tx, REDUCED)
        except SQLAlchemyError as error:
            self.note_trouble(type(error).__name__)


def note_trouble(cause: str) -> None:
    """Note that the database failed just now."""
    _mode().note_trouble(cause)


def is_reduced() -> bool:
    """Return whether only giving is served now."""
    return _mode().is_on()


def require_full() -> None:
    """Refuse a page that reduced mode does not serve. Raises Unavailable `reduced_mode`."""
    if not is_reduced():
        return
    if _mode().withdraws():
        request.environ.get(MAKING, set()).add(WITHDRAWN)
    raise Unavailable("reduced_mode")


def _mode() -> ReducedMode:
    mode: ReducedMode = current_app.extensions["reduced"]
    return mode
