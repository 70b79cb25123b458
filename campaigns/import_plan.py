"""PURE. What the import of a file would do: one type for every kind of file, for previews and imports alike."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from kernel.errors import Conflict, Fault, Invalid
from kernel.tables import Table

Item = TypeVar("Item")


class Sum(NamedTuple):
    """How many rows of one sort a file has, and their total (fen; None if rows have no amount)."""

    name: str
    rows: int
    amount_minor: int | None = None


class Confirmation(NamedTuple):
    """Who is responsible for a file: who entered it, and who confirmed its open questions, with the reason.

    `large`: gifts above the maximum are correct. `reason` also applies to corrections whose row has none.
    """

    entered_by: str
    confirmed_by: str = ""
    reason: str = ""
    large: bool = False


@dataclass(frozen=True, slots=True)
class ImportPlan(Generic[Item]):
    """A parsed file: what is new in it, and what prevents its import. Nothing is stored yet.

    A bill lists all of its lines as `new`, because they are compared; it is `stored` if its import would change
    nothing.

    `faults` and `contradictions` (to what was imported before, under `contradiction_code`) prevent the import,
    `questions` prevent it until they are confirmed, `warnings` do not. All are keyed by `line N` or `line
    N.column`.
    """

    kind: str
    table: Table
    new: tuple[Item, ...]
    sums: tuple[Sum, ...]
    skipped: int
    times: tuple[datetime, ...] = ()
    faults: Mapping[str, Fault] = field(default_factory=dict)
    contradictions: Mapping[str, Fault] = field(default_factory=dict)
    questions: Mapping[str, Fault] = field(default_factory=dict)
    warnings: Mapping[str, Fault] = field(default_factory=dict)
    contradiction_code: str = "import_contradicts"
    stored: bool = False

    @property
    def objections(self) -> dict[str, Fault]:
        """All that stops the import, by line."""
        return by_line({**self.contradictions, **self.questions, **self.faults})

    def require_sound(self) -> None:
        """Raise Invalid `import_invalid` for faults and open questions, and Conflict with the plan's code for
        contradictions."""
        if self.faults or self.questions:
            raise Invalid("import_invalid", fields=by_line({**self.questions, **self.faults}))
        if self.contradictions:
            raise Conflict(self.contradiction_code, fields=by_line(self.contradictions))


def by_line(faults: Mapping[str, Fault]) -> dict[str, Fault]:
    """Sort faults by the lines that they name; those without a line come last."""
    return dict(sorted(faults.items(), key=lambda item: _line(item[0])))


def _line(place: str) -> float:
    number = place.removeprefix("line ").partition(".")[0]
    return int(number) if place.startswith("line ") and number.isdecimal() else float("inf")
