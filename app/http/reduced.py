"""Reduced mode: only giving is served. Standings, people, teams and live streams are off, which leaves their
resources to donors.

The setting `REDUCED=on` or the command `reduced on`, which every process follows within seconds, turns it on. With
`auto`, the default, it is on for a while after the database or Redis failed; with `off` it never is.
"""

import time

import structlog
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app.current import deps, settings
from campaigns.site_switch import AUTO, ON, REDUCED, read_switch
from kernel.errors import Unavailable

TROUBLE_S = 30.0  # how long the mode lasts after a failure
SWITCH_S = 3.0  # how long a process caches the switch


class ReducedMode:
    """What one process knows about the mode. Giving never checks it."""

    def __init__(self) -> None:
        self._trouble_at = -TROUBLE_S
        self._switch = AUTO
        self._read_at = -SWITCH_S

    def note_trouble(self, cause: str) -> None:
        """Note that the database or Redis failed just now."""
        if time.monotonic() - self._trouble_at > TROUBLE_S:
            structlog.get_logger("reduced").warning("reduced_mode", cause=cause, seconds=TROUBLE_S)
        self._trouble_at = time.monotonic()

    def is_on(self) -> bool:
        """Return whether the mode is on; reads the switch every `SWITCH_S` seconds."""
        setting = settings().reduced
        if setting != AUTO:
            return setting == ON
        self._read()
        if self._switch != AUTO:
            return self._switch == ON
        return time.monotonic() - self._trouble_at < TROUBLE_S

    def _read(self) -> None:
        if time.monotonic() - self._read_at < SWITCH_S:
            return
        self._read_at = time.monotonic()  # set before reading: only one request reads, even if the database hangs
        try:
            with deps().db.snapshot() as tx:
                self._switch = read_switch(tx, REDUCED)
        except SQLAlchemyError as error:
            self.note_trouble(type(error).__name__)


def note_trouble(cause: str) -> None:
    """Note that the database or Redis failed just now."""
    mode: ReducedMode = current_app.extensions["reduced"]
    mode.note_trouble(cause)


def is_reduced() -> bool:
    """Return whether only giving is served now."""
    mode: ReducedMode = current_app.extensions["reduced"]
    return mode.is_on()


def require_full() -> None:
    """Refuse a page that reduced mode does not serve. Raises Unavailable `reduced_mode`."""
    if is_reduced():
        raise Unavailable("reduced_mode")
