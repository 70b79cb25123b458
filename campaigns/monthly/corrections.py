"""Correct a monthly statement: by a notice beside it, which may hold the whole statement as it should have been.

The published statement stays as it was, and so do those of the months after it: the money moves in the month in
which the mistake is corrected.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.monthly.figures import FIGURES, closing_of, fund_closing_of
from campaigns.monthly.models import StatementCorrection
from campaigns.monthly.reading import find_statement
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault
from kernel.ids import fingerprint
from kernel.money import MAX_MINOR

# What a line opens and closes with follows from other months and from these; what was moved stands in a list.
OF_LINES = ("received_minor", "refunded_minor", "matched_minor", "paid_minor", "spent_minor")
OF_FUNDS = ("in_minor", "out_minor")
MOST_FIGURES = 100


class RightFigure(NamedTuple):
    """A figure as it should have been, in fen. `line` is the code of a line, or the name of a fund."""

    line: str
    figure: str
    amount_minor: int


class Difference(NamedTuple):
    """A figure that a correction changes: as published before, and as it should have been, in fen."""

    name: str
    figure: str
    before_minor: int
    after_minor: int


def correct(
    tx: Tx, organisation: str, month: str, text: str, actor: str, figures: Sequence[RightFigure] = ()
) -> StatementCorrection:
    """Publish a notice beside a statement, which stays as it was: what was not right, and where it is put right.
    With figures, it holds the statement as corrected before with these figures, its sums made anew, and a hash.

    Raises NotFound `statement_unknown`, Invalid `reason_missing` and `statement_correction_invalid`.
    """
    require_reason(text)
    row = find_statement(tx, organisation, month)
    assert row.id is not None
    tx.run("LOCK TABLE statement_correction IN SHARE ROW EXCLUSIVE MODE")
    statement = _corrected(newest(tx, row.id, row.statement), figures) if figures else None
    digest = fingerprint(statement) if statement else None
    record_audit(
        tx,
        actor,
        "monthly.correct",
        f"statement:{organisation}/{month}",
        reason=text,
        figures=len(figures),
        statement_hash=digest,
    )
    return tx.add(
        StatementCorrection(
            statement_id=row.id, text=text, statement=statement, hash=digest, actor=actor, corrected_at=tx.now
        )
    )


def newest(tx: Tx, statement_id: int, published: dict[str, Any]) -> dict[str, Any]:
    """Return a statement as it was corrected last; without a correction of figures as it was published."""
    of_it = StatementCorrection.statement_id == statement_id, col(StatementCorrection.hash).is_not(None)
    last = tx.first(select(StatementCorrection).where(*of_it).order_by(col(StatementCorrection.id).desc()))
    return published if last is None or last.statement is None else last.statement


def stake_of(tx: Tx, organisation: str, month: str, figures: Sequence[RightFigure]) -> int:
    """Return the fen by which figures would change, added up without their signs; 0 for those that are refused."""
    row = find_statement(tx, organisation, month)
    before = newest(tx, row.id or 0, row.statement)
    stands = {(line["code"], figure): line.get(figure, 0) for line in before["lines"] for figure in OF_LINES} | {
        (fund["name"], figure): fund[figure] for fund in before["funds"] for figure in OF_FUNDS
    }
    return sum(abs(each.amount_minor - stands.get(each[:2], each.amount_minor)) for each in figures)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what of two versions of a statement is not the same: of its lines, its funds and its sums."""
    pairs = [
        *zip(before["lines"], after["lines"], strict=True),
        *zip(before["funds"], after["funds"], strict=True),
        (before, after),
    ]
    return [
        Difference(old["name"], figure, old.get(figure, 0), value)
        for old, new in pairs
        for figure, value in new.items()
        if figure.endswith("_minor") and value != old.get(figure, 0)
    ]


def _corrected(before: dict[str, Any], figures: Sequence[RightFigure]) -> dict[str, Any]:
    """Return a statement with right figures, and what follows from them."""
    statement = deepcopy(before)
    lines = {line["code"]: line for line in statement["lines"]}
    funds = {fund["name"]: fund for fund in statement["funds"]}
    if faults := _faults(lines, funds, figures):
        raise Invalid("statement_correction_invalid", fields=faults)
    for each in figures:
        (funds if each.figure in OF_FUNDS else lines)[each.line][each.figure] = each.amount_minor
    for line in lines.values():
        line["closing_minor"] = closing_of(line)
    for fund in funds.values():
        fund["closing_minor"] = fund_closing_of(fund)
    for figure in FIGURES:
        statement[figure] = sum(line.get(figure, 0) for line in lines.values())
    if statement == before:
        raise Invalid("statement_correction_invalid", fields={"figures": fault("nothing_changed")})
    return statement


def _faults(lines: Mapping[str, Any], funds: Mapping[str, Any], figures: Sequence[RightFigure]) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if len(figures) > MOST_FIGURES:
        return {"figures": fault("too_many_rows", most=MOST_FIGURES)}
    for number, each in enumerate(figures):
        if each.figure not in (*OF_LINES, *OF_FUNDS):
            faults[f"figures.{number}.figure"] = fault("not_one_of", options=[*OF_LINES, *OF_FUNDS])
        elif each.line not in (funds if each.figure in OF_FUNDS else lines):
            faults[f"figures.{number}.line"] = fault("not_in_statement")
        elif abs(each.amount_minor) > MAX_MINOR:
            faults[f"figures.{number}.amount_minor"] = fault("amount_too_large", most_minor=MAX_MINOR)
    return faults
