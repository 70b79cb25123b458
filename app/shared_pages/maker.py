"""Rebuilding of pages in the background, while readers get the previous page. One thread per process, which ends
when nothing is queued."""

import time
from collections.abc import Callable
from threading import Lock, Thread

import structlog

from app.shared_pages.shelf import Address, Slot


class Maker:
    """A queue of pages to build, one at a time, in the order in which they were first requested."""

    def __init__(self, make: Callable[[Slot, Address], None]) -> None:
        self._make = make
        self._ordered: dict[Address, Slot] = {}
        self._at_work = False
        self._turn = Lock()  # guards the two fields above

    def order(self, slot: Slot, address: Address) -> None:
        """Queue a page for rebuilding. It is built once, however many readers order it."""
        with self._turn:
            self._ordered.setdefault(address, slot)
            at_work, self._at_work = self._at_work, True
        if not at_work:
            Thread(target=self._work, name="shared-pages-maker", daemon=True).start()

    def _work(self) -> None:
        while (order := self._next()) is not None:
            address, slot = order
            try:
                self._make(slot, address)
            except Exception as error:  # the next reader orders the page again, or builds it
                structlog.get_logger("shared_pages").warning("page_not_made", error=type(error).__name__)
            time.sleep(0)  # let donors' requests run between two pages

    def _next(self) -> tuple[Address, Slot] | None:
        with self._turn:
            address = next(iter(self._ordered), None)
            if address is None:
                self._at_work = False
                return None
            return address, self._ordered.pop(address)
