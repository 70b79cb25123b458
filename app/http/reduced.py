"""Reduced mode: only giving is left. Standings, people, teams and live streams are not served, so that whatever
they cost is there for donors.

On by the setting `REDUCED=on` or the command `reduced on`, which every process follows within seconds; by itself
for a while after the database or Redis failed (`auto`, the default); never with `off`.
"""

import time

import structlog
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app.current import deps, settings
from campaigns.site_switch import AUTO, ON, REDUCED, read_switch
from kernel.errors import Unavailable

TROUBLE_S = 30.0  # after a failure
SWITCH_S = 3.0  # how long a process goes by what it read of the switch


class ReducedMode:
    """What one process knows of the mode. Giving never asks for it."""

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
        """Whether the mode is on; reads the switch once in a while."""
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
        self._read_at = time.monotonic()  # one reader at a time, also while the database does not answer
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
    """Whether only giving is served now."""
    mode: ReducedMode = current_app.extensions["reduced"]
    return mode.is_on()


def require_full() -> None:
    """Refuse what is not served in reduced mode. Raises Unavailable `reduced_mode`."""
    if is_reduced():
        raise Unavailable("reduced_mode")
