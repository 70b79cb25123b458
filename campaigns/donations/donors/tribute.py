"""PURE. A donation in honour of somebody, or in their memory. The name is personal and sealed as the donor's is."""

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
    """For whom a donation is made."""

    kind: str
    name: str

    def personal(self) -> dict[str, str]:
        """What is sealed of it."""
        return {"tribute_kind": self.kind, "tribute_name": self.name}


def tribute_faults(tribute: Tribute) -> dict[str, Fault]:
    """Return what is wrong with a tribute: field -> fault."""
    faults: dict[str, Fault] = {}
    if tribute.kind not in KINDS:
        faults["tribute.kind"] = fault("not_one_of", options=KINDS)
    if refused := text_fault(tribute.name, MOST_NAME):
        faults["tribute.name"] = refused
    return faults


def tribute_of(personal: dict[str, str]) -> Tribute | None:
    """Return the tribute among what was sealed of a donation; None when there is none."""
    name = personal.get("tribute_name", "")
    return Tribute(personal.get("tribute_kind", TributeKind.HONOUR), name) if name else None
