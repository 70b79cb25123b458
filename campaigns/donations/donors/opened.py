"""Whose personal data was opened in the course of a request or job, so that copies of it end with its key."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_noted: ContextVar[set[UUID] | None] = ContextVar("opened_people", default=None)


@contextmanager
def noting_opened() -> Iterator[set[UUID]]:
    """Collect the donations whose personal data is opened inside."""
    noted: set[UUID] = set()
    token = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(token)


def note_opened(donation_id: UUID) -> None:
    """Note that personal data of a donation was opened."""
    noted = _noted.get()
    if noted is not None:
        noted.add(donation_id)
