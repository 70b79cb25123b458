"""Lines of a bill that correct earlier ones. Their amounts are added to the line that they name, so a wrong line is
neither changed nor forgotten."""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from sqlmodel import col, select

from kernel.db import Tx
from kernel.errors import Fault, fault
from payments.gateway import StatementLine
from payments.models import ProviderLine


class _Corrected(Protocol):
    """A line that can be corrected, from a file or stored."""

    kind: str
    source_id: str
    currency: str
    amount_minor: int
    corrects: str | None


def corrections_refused(tx: Tx, lines: Mapping[int, StatementLine]) -> dict[str, Fault]:
    """Fault corrections whose line is unknown, is itself a correction or is about something else, and corrections
    that take more from a charge than it has."""
    fixes = {number: line for number, line in lines.items() if line.corrects}
    if not fixes:
        return {}
    provider = next(iter(fixes.values())).provider
    known = _known(tx, provider, lines, {line.corrects for line in fixes.values() if line.corrects})
    left = _left(tx, provider, known, fixes)
    return {
        f"line {number}.corrects": refused
        for number, line in fixes.items()
        if (refused := _fault(line, known.get(line.corrects or ""), left[line.corrects or ""]))
    }


def _known(tx: Tx, provider: str, lines: Mapping[int, StatementLine], ids: set[str]) -> dict[str, _Corrected]:
    query = select(ProviderLine).where(ProviderLine.provider == provider, col(ProviderLine.line_id).in_(ids))
    known: dict[str, _Corrected] = {line.line_id: line for line in lines.values() if line.line_id in ids}  # type: ignore[misc]
    return known | {row.line_id: row for row in tx.all(query)}


def _left(
    tx: Tx, provider: str, known: Mapping[str, _Corrected], fixes: Mapping[int, StatementLine]
) -> Counter[str]:
    """Return the rest of each corrected line after all of its corrections, in fen."""
    query = select(ProviderLine).where(
        ProviderLine.provider == provider, col(ProviderLine.corrects).in_(list(known))
    )
    stored = {row.line_id: row for row in tx.all(query)}
    left = Counter({line_id: line.amount_minor for line_id, line in known.items()})
    for row in stored.values():
        left[row.corrects or ""] += row.amount_minor
    for line in fixes.values():
        if line.line_id not in stored:
            left[line.corrects or ""] += line.amount_minor
    return left


def _fault(line: StatementLine, corrected: _Corrected | None, left_minor: int) -> Fault | None:
    if corrected is None or corrected.corrects or line.corrects == line.line_id:
        return fault("corrects_unknown")
    about = (corrected.kind, corrected.source_id or "", corrected.currency)
    if about != (line.kind, line.source_id or "", line.currency):
        return fault("corrects_another")
    return fault("corrects_too_much", over_minor=-left_minor) if line.kind == "charge" and left_minor < 0 else None
