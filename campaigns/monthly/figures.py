"""PURE. A monthly statement out of sums: its lines add up to its totals, each of them opening plus movements."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

FIGURES = (
    "opening_minor",
    "received_minor",
    "refunded_minor",
    "matched_minor",
    "paid_minor",
    "closing_minor",
)
FUND_FIGURES = ("opening_minor", "in_minor", "out_minor", "closing_minor")


class NodeLine(NamedTuple):
    """A line of a node's statement: a place right below it, or a project of its own (its code). Fen;
    `refunded_minor` is what went back to donors, `matched_minor` match earned less match taken back, `paid_minor`
    what the bank paid out for it less what came back."""

    node: str
    code: str
    name: str
    opening_minor: int
    received_minor: int
    refunded_minor: int
    matched_minor: int
    paid_minor: int
    closing_minor: int


class FundLine(NamedTuple):
    """What a fund of a node had, got and gave, in fen."""

    node: str
    name: str
    opening_minor: int
    in_minor: int
    out_minor: int
    closing_minor: int


def statement_of(
    month: str, node: str, name: str, lines: Sequence[NodeLine], funds: Sequence[FundLine], currency: str
) -> dict[str, Any]:
    """Return the statement of a node as it is published."""
    return {
        "month": month,
        "node": node,
        "name": name,
        "currency": currency,
        **{figure: sum(getattr(line, figure) for line in lines) for figure in FIGURES},
        "lines": [_without_node(line) for line in lines],
        "funds": [_without_node(fund) for fund in funds],
    }


def _without_node(line: NodeLine | FundLine) -> dict[str, Any]:
    return {name: value for name, value in line._asdict().items() if name != "node"}


def sums_that_differ(statement: dict[str, Any]) -> Iterable[str]:
    """Yield what does not add up in a statement."""
    for figure in FIGURES:
        if sum(line[figure] for line in statement["lines"]) != statement[figure]:
            yield f"its lines are not its {figure}"
    for line in (statement, *statement["lines"]):
        moved = line["received_minor"] - line["refunded_minor"] + line["matched_minor"] - line["paid_minor"]
        if line["opening_minor"] + moved != line["closing_minor"]:
            yield f"{line['name']} does not add up"
    for fund in statement["funds"]:
        if fund["opening_minor"] + fund["in_minor"] - fund["out_minor"] != fund["closing_minor"]:
            yield f"fund {fund['name']} does not add up"
