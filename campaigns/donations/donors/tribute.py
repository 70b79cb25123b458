"""PURE. A donation in honour or in memory of a person. The name is personal and sealed like the donor's."""

from enum import StrEnum
from typing import NamedTuple

from kernel.errors import Fault, fault
from kernel.text import text_fault

MOST_NAME = 40  # characters


class TributeKind(StrEnum):
    HONOUR = "honour"
    MEMORY = "memory"


KINDS = tuple(TributeKind)


class Tribute(NamedTuple):
    """The person in whose honour or memory a donation is made."""

    kind: str
    name: str

    def personal(self) -> dict[str, str]:
        """Return the fields to seal."""
        return {"tribute_kind": self.kind, "tribute_name": self.name}


def tribute_faults(tribute: Tribute) -> dict[str, Fault]:
    """Return the faults of a tribute: field -> fault."""
    faults: dict[str, Fault] = {}
    if tribute.kind not in KINDS:
        faults["tribute.kind"] = fault("not_one_of", options=KINDS)
    if refused := text_fault(tribute.name, MOST_NAME):
        faults["tribute.name"] = refused
    return faults


def tribute_of(personal: dict[str, str]) -> Tribute | None:
    """Return the tribute from a donation's personal data; None if there is none."""
    name = personal.get("tribute_name", "")
    return Tribute(personal.get("tribute_kind", TributeKind.HONOUR), name) if name else None
