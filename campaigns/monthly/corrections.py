"""Correct a monthly statement by a notice beside it, which may hold the whole statement as it should have been.

The published statement and those of later months stay unchanged. The money moves in the month in which the mistake
is corrected.
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

# Openings and closings follow from other months and from these figures; moved money is in a list of its own.
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
    """Publish a notice beside a statement, which stays unchanged: what was wrong, and where it is corrected. With
    figures, the notice holds the latest version of the statement with these figures, recomputed sums, and a
    hash.

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
    """Return the latest corrected version of a statement, or the published one if no figures were corrected."""
    of_it = StatementCorrection.statement_id == statement_id, col(StatementCorrection.hash).is_not(None)
    last = tx.first(select(StatementCorrection).where(*of_it).order_by(col(StatementCorrection.id).desc()))
    return published if last is None or last.statement is None else last.statement


def stake_of(tx: Tx, organisation: str, month: str, figures: Sequence[RightFigure]) -> int:
    """Return the sum of the absolute changes of figures, in fen. Figures that would be refused count 0."""
    row = find_statement(tx, organisation, month)
    before = newest(tx, row.id or 0, row.statement)
    stands = {(line["code"], figure): line.get(figure, 0) for line in before["lines"] for figure in OF_LINES} | {
        (fund["name"], figure): fund[figure] for fund in before["funds"] for figure in OF_FUNDS
    }
    return sum(abs(each.amount_minor - stands.get(each[:2], each.amount_minor)) for each in figures)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return the differences between two versions of a statement in its lines, funds and sums. A closing follows
    the figures that changed it."""
    pairs = [
        *zip(before["lines"], after["lines"], strict=True),
        *zip(before["funds"], after["funds"], strict=True),
        (before, after),
    ]
    return [
        Difference(old["name"], figure, old.get(figure, 0), value)
        for old, new in pairs
        for figure, value in sorted(new.items(), key=lambda item: item[0] == "closing_minor")
        if figure.endswith("_minor") and value != old.get(figure, 0)
    ]


def _corrected(before: dict[str, Any], figures: Sequence[RightFigure]) -> dict[str, Any]:
    """Return a statement with corrected figures, and with the closings and sums that follow from them."""
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
