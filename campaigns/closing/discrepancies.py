"""Differences between the books and a provider, and how operators sign them off."""

from typing import Any

from sqlmodel import col, func, select

from campaigns.audit import record_audit
from campaigns.closing.models import Discrepancy
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.paging import FIRST_PAGE, Page


def listed(
    tx: Tx, campaign_id: int, state: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[Discrepancy], int]:
    """Return one page of a campaign's differences, open ones first, and their total number."""
    chosen: list[Any] = [Discrepancy.campaign_id == campaign_id]
    if state is not None:
        chosen.append(Discrepancy.state == state)
    discrepancies = tx.all(
        select(Discrepancy)
        .where(*chosen)
        .order_by(col(Discrepancy.state) != "open", col(Discrepancy.id))
        .limit(page.size)
        .offset(page.offset)
    )
    return discrepancies, tx.first(select(func.count()).select_from(Discrepancy).where(*chosen)) or 0


def sign_off(tx: Tx, discrepancy_id: int, reason: str, actor: str) -> Discrepancy:
    """Accept a difference for a reason. Signing off again with the same reason changes nothing.

    Raises NotFound `discrepancy_unknown`, Invalid `reason_missing`, Conflict `discrepancy_ended`.
    """
    discrepancy = tx.get(Discrepancy, discrepancy_id, lock=True)
    if discrepancy is None:
        raise NotFound("discrepancy_unknown")
    require_reason(reason)
    if discrepancy.state == "signed_off" and discrepancy.reason == reason:
        return discrepancy
    if discrepancy.state != "open":
        raise Conflict("discrepancy_ended", state=discrepancy.state)
    discrepancy.state, discrepancy.reason = "signed_off", reason
    discrepancy.actor, discrepancy.ended_at = actor, tx.now
    record_audit(tx, actor, "discrepancy.sign_off", f"discrepancy:{discrepancy_id}", reason=reason)
    return tx.add(discrepancy)
