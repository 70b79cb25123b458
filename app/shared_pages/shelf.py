"""The cache of built pages: a bounded number of addresses, least recently used dropped first."""

from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from app.shared_pages.made import Headers, Made

MOST = 2_000  # pages in memory: at 20 KB per page about 50 MB, compressed form included


class Address(NamedTuple):
    """The key of a shared page: its path, declared parameters and language."""

    path: str
    query: str
    language: str


class Refused(NamedTuple):
    """A response that is not kept (an unknown campaign, an unavailable database), and when it was built."""

    status: str
    headers: Headers
    body: bytes
    at: float


class Slot:
    """The cache entry of an address: the last good page, the last refusal, and the lock for building a page."""

    __slots__ = ("endpoint", "made", "making", "refused")

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.made: Made | None = None
        self.refused: Refused | None = None
        self.making = Lock()


class Shelf:
    """Slots by address. Strangers can invent addresses without end, but these only displace each other."""

    def __init__(self, most: int = MOST) -> None:
        self._slots: OrderedDict[Address, Slot] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        return len(self._slots)

    def slot(self, address: Address, endpoint: str) -> Slot:
        """Return the slot of an address, creating it if necessary."""
        slot = self._slots.get(address)
        if slot is None:
            slot = self._slots.setdefault(address, Slot(endpoint))
            while len(self._slots) > self._most:
                self._slots.popitem(last=False)
        else:
            try:
                self._slots.move_to_end(address)
            except KeyError:  # another thread has just dropped it
                self._slots[address] = slot
        return slot
