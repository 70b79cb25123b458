"""Early fraud warnings as evidence for new cases and for open ones."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlmodel import col, select

from campaigns.screening.models import ScreeningCase
from campaigns.screening.observed import NetworkWarning
from campaigns.screening.signals import warning_signal
from kernel.db import Tx


def load_warnings(tx: Tx, donation_ids: Iterable[UUID]) -> Mapping[UUID, list[NetworkWarning]]:
    """Return the warnings about donations, oldest first."""
    warnings: dict[UUID, list[NetworkWarning]] = defaultdict(list)
    rows = tx.rows(
        """SELECT donation_id, reference, fraud_type, warned_at FROM fraud_warning
            WHERE donation_id = ANY(:ids) ORDER BY warned_at, reference""",
        ids=list(donation_ids),
    )
    for row in rows:
        warnings[row.donation_id].append(NetworkWarning(row.reference, row.fraud_type, row.warned_at))
    return warnings


def add_to_open_cases(tx: Tx, donation_ids: Iterable[UUID]) -> None:
    """Add warnings to the evidence of open cases. A decided case stays as it was judged."""
    warnings = load_warnings(tx, donation_ids)
    if not warnings:
        return
    cases = tx.all(
        select(ScreeningCase)
        .where(col(ScreeningCase.donation_id).in_(sorted(warnings)), ScreeningCase.state == "open")
        .order_by(col(ScreeningCase.id))
        .with_for_update(key_share=True)
    )
    for case in cases:
        known = {signal["evidence"].get("warning") for signal in case.signals}
        new = [warning_signal(each) for each in warnings[case.donation_id] if each.reference not in known]
        case.signals = [*case.signals, *({"code": signal.code, "evidence": signal.evidence} for signal in new)]
        tx.add(case)
