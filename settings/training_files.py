"""The files in TRAINING_DIR through which a site and the keeper of its training site communicate (ADR 41)."""

import fcntl
import os
from pathlib import Path

LOCK = "keeper.lock"  # held while a keeper runs
ORDER = "order.json"  # what managers ordered; while it exists, the training site runs
STATE = "state.json"  # the progress of the keeper


def take_lock(folder: Path) -> int | None:
    """Return the handle of the keeper's lock, held until it is closed; None if another process holds it."""
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def is_kept(folder: Path) -> bool:
    """Return whether a keeper runs on this folder."""
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
