"""PURE. Build a monthly statement from sums. Its lines add up to its totals; each closing is the opening plus
movements."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

FIGURES = (
    "opening_minor",
    "received_minor",
    "refunded_minor",
    "matched_minor",
    "paid_minor",
    "moved_minor",
    "closing_minor",
    "spent_minor",
)
PROJECT, FUND = "project", "fund"  # what kind of resource money was moved from or to


class NodeLine(NamedTuple):
    """A line of a node's statement: a place directly below it, or a project of its own (its code), in fen.
    `refunded_minor` was returned to donors. `matched_minor` is match earned less match taken back, `paid_minor`
    what the bank paid out less what came back, `moved_minor` what came from other projects and nodes less what
    went to them. `spent_minor` is spending checked by finance; it comes out of what was paid and is no movement."""

    node: str
    code: str
    name: str
    opening_minor: int
    received_minor: int
    refunded_minor: int
    matched_minor: int
    paid_minor: int
    moved_minor: int
    closing_minor: int
    spent_minor: int


class FundLine(NamedTuple):
    """What a fund of a node had, received and paid, in fen. `moved_minor` is what came from other funds, surpluses
    and merged nodes, less what went to them."""

    node: str
    name: str
    opening_minor: int
    in_minor: int
    out_minor: int
    moved_minor: int
    closing_minor: int


class Move(NamedTuple):
    """Money of projects or funds that was moved, as a node sees it: what came in and what left, in fen. `way` is a
    kind of transfer, or `merge` for money that moved with another node."""

    node: str
    money: str
    way: str
    source: str
    target: str
    in_minor: int
    out_minor: int


def statement_of(
    month: str,
    node: str,
    name: str,
    lines: Sequence[NodeLine],
    funds: Sequence[FundLine],
    moves: Sequence[Move],
    currency: str,
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
        "moves": [_without_node(move) for move in moves],
    }


def _without_node(line: NodeLine | FundLine | Move) -> dict[str, Any]:
    return {name: value for name, value in line._asdict().items() if name != "node"}


def closing_of(line: Mapping[str, Any]) -> int:
    """Return what a line, or a whole statement, closes with according to its movements, in fen. Older
    statements do not list moved money."""
    came = line["received_minor"] + line["matched_minor"] + line.get("moved_minor", 0)
    return int(line["opening_minor"] + came - line["refunded_minor"] - line["paid_minor"])


def fund_closing_of(line: Mapping[str, Any]) -> int:
    """Return what the line of a fund closes with according to its movements, in fen."""
    return int(line["opening_minor"] + line["in_minor"] - line["out_minor"] + line.get("moved_minor", 0))


def sums_that_differ(statement: Mapping[str, Any]) -> Iterable[str]:
    """Yield the sums of a statement that do not add up."""
    for figure in FIGURES:
        if sum(line.get(figure, 0) for line in statement["lines"]) != statement.get(figure, 0):
            yield f"its lines are not its {figure}"
    for line in (statement, *statement["lines"]):
        if closing_of(line) != line["closing_minor"]:
            yield f"{line['name']} does not add up"
    for fund in statement["funds"]:
        if fund_closing_of(fund) != fund["closing_minor"]:
            yield f"fund {fund['name']} does not add up"
    if "moves" in statement:
        yield from _moves_that_differ(statement)


def _moves_that_differ(statement: Mapping[str, Any]) -> Iterable[str]:
    sums = {PROJECT: statement["moved_minor"], FUND: sum(fund["moved_minor"] for fund in statement["funds"])}
    for money, moved_minor in sums.items():
        listed = sum(move["in_minor"] - move["out_minor"] for move in statement["moves"] if move["money"] == money)
        if listed != moved_minor:
            yield f"the moves of its {money}s are not what was moved"
