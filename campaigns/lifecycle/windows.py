"""PURE. Match windows: the spans of a campaign in which match is given. Without windows it is given throughout."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Self

from kernel.clock import parse_time


class Window(NamedTuple):
    """A span of time that includes `opens_at` and excludes `closes_at`."""

    opens_at: datetime
    closes_at: datetime


class Windows(NamedTuple):
    """The match windows of one campaign."""

    spans: tuple[Window, ...] = ()

    @classmethod
    def parse(cls, data: Sequence[Mapping[str, str]]) -> Self:
        """Read windows as `campaign.windows` stores them: ISO 8601 times `opens_at` and `closes_at`."""
        return cls(tuple(Window(parse_time(span["opens_at"]), parse_time(span["closes_at"])) for span in data))

    def open_at(self, at: datetime) -> bool:
        """Return whether match is given at this time."""
        return not self.spans or any(opens_at <= at < closes_at for opens_at, closes_at in self.spans)

    def next_opening(self, after: datetime) -> datetime | None:
        """Return when the next window opens after this time; None if no window is left."""
        return min((opens_at for opens_at, _ in self.spans if opens_at > after), default=None)
