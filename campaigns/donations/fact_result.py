"""PURE. What became of a fact."""

from typing import NamedTuple


class FactResult(NamedTuple):
    """The state and the note that the inbox message of a fact ends with."""

    state: str
    note: str = ""


DONE = FactResult("done")
REPEATED = FactResult("done", "repeated")
