"""Where what was made is kept: a bounded number of addresses, those that were asked for last."""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from app.shared_pages.made import Headers, Made

MOST = 2_000  # pages in memory: at 20 KB a page about 50 MB, compressed form included


class Address(NamedTuple):
    """What decides which shared page is meant: the path, the parameters that count, the language."""

    path: str
    query: str
    language: str


class Refused(NamedTuple):
    """A response that is not kept (an unknown campaign, a database that does not answer), and when it was made."""

    status: str
    headers: Headers
    body: bytes
    at: float


class Slot:
    """One address: the last good page, and who is making the next."""

    __slots__ = ("endpoint", "made", "making", "refused")

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.made: Made | None = None
        self.refused: Refused | None = None
        self.making = Lock()


class Shelf:
    """Slots by address. Strangers can invent addresses without end; they push out each other, not memory."""

    def __init__(self, most: int = MOST) -> None:
        self._slots: OrderedDict[Address, Slot] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        return len(self._slots)

    def slot(self, address: Address, endpoint: str) -> Slot:
        """Return the slot of an address, a new one if need be."""
        slot = self._slots.get(address)
        if slot is None:
            slot = self._slots.setdefault(address, Slot(endpoint))
            while len(self._slots) > self._most:
                self._slots.popitem(last=False)
        else:
            try:
                self._slots.move_to_end(address)
            except KeyError:  # pushed out by another thread just now
                self._slots[address] = slot
        return slot
