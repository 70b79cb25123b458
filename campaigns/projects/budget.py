"""PURE. The budget of a project: what the money is spent on, in a few rows that add up to the target."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from kernel.errors import Fault, Invalid, fault
from kernel.money import amount_fault
from kernel.text import text_fault

MOST_ROWS = 12  # our default; three are typical
MOST_ROW_NAME = 40  # characters
MOST_ROW_NOTE = 100


class BudgetRow(NamedTuple):
    """What a part of the target is spent on; `amount_minor` in fen."""

    name: str
    amount_minor: int
    note: str = ""


def rows_of(stored: Iterable[Mapping[str, Any]]) -> tuple[BudgetRow, ...]:
    """Return the rows of a budget from the form in which it is stored and in which the API accepts it."""
    return tuple(BudgetRow(row["name"].strip(), row["amount_minor"], row.get("note", "").strip()) for row in stored)


def total_minor(budget: Iterable[BudgetRow]) -> int:
    """Return the sum of a budget in fen."""
    return sum(row.amount_minor for row in budget)


def budget_faults(budget: Sequence[BudgetRow]) -> dict[str, Fault]:
    """Return the faults of the rows themselves: `budget.0.name` -> fault."""
    if len(budget) > MOST_ROWS:
        return {"budget": fault("budget_too_long", most=MOST_ROWS)}
    faults: dict[str, Fault] = {}
    for number, row in enumerate(budget):
        checked = {
            "name": text_fault(row.name, MOST_ROW_NAME),
            "amount_minor": amount_fault(row.amount_minor),
            "note": text_fault(row.note, MOST_ROW_NOTE, lines=True),
        }
        faults |= {f"budget.{number}.{name}": refused for name, refused in checked.items() if refused}
    return faults


def require_sum(budget: Sequence[BudgetRow], target_minor: int) -> None:
    """Raise Invalid `project_invalid` for a budget that does not add up to the target. An empty budget is
    allowed."""
    if budget and (sum_minor := total_minor(budget)) != target_minor:
        differs = fault("budget_differs", sum_minor=sum_minor, target_minor=target_minor)
        raise Invalid("project_invalid", fields={"budget": differs})
