"""Pages are made anew beside their readers, who get the last one meanwhile: by one thread per process, which ends
when nothing is ordered."""

import time
from collections.abc import Callable
from threading import Lock, Thread

import structlog

from app.shared_pages.shelf import Address, Slot


class Maker:
    """Makes what was ordered, one page after the other, in the order of the first orders."""

    def __init__(self, make: Callable[[Slot, Address], None]) -> None:
        self._make = make
        self._ordered: dict[Address, Slot] = {}
        self._at_work = False
        self._turn = Lock()  # of the two above

    def order(self, slot: Slot, address: Address) -> None:
        """Have a page made anew soon: once, however many readers order it."""
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
            except Exception as error:  # its next reader orders it again, or makes it
                structlog.get_logger("shared_pages").warning("page_not_made", error=type(error).__name__)
            time.sleep(0)  # donors have their turn between two pages

    def _next(self) -> tuple[Address, Slot] | None:
        with self._turn:
            address = next(iter(self._ordered), None)
            if address is None:
                self._at_work = False
                return None
            return address, self._ordered.pop(address)
