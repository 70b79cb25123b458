"""PURE. The result of applying a fact."""

from typing import NamedTuple


class FactResult(NamedTuple):
    """The final state and note of a fact's inbox message."""

    state: str
    note: str = ""


DONE = FactResult("done")
REPEATED = FactResult("done", "repeated")
ANOTHER_SOURCE = FactResult("flagged", "donation_of_another_source")
