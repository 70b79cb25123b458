"""Differences between the books and a provider, and how people end them."""

from campaigns.audit import record_audit
from campaigns.closing.models import Discrepancy
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound, fault
from kernel.paging import FIRST_PAGE, Page


def listed(
    tx: Tx, campaign_id: int, state: str | None = None, page: Page = FIRST_PAGE
) -> tuple[list[Discrepancy], int]:
    """One page of a campaign's differences, open ones first, and their number in all."""
    where = "campaign_id = :campaign AND (CAST(:state AS text) IS NULL OR state = :state)"
    total = tx.scalar(f"SELECT count(*) FROM discrepancy WHERE {where}", campaign=campaign_id, state=state)
    ids = tx.rows(
        f"SELECT id FROM discrepancy WHERE {where} ORDER BY state <> 'open', id LIMIT :size OFFSET :skip",
        campaign=campaign_id,
        state=state,
        size=page.size,
        skip=page.offset,
    )
    found = [tx.get(Discrepancy, row[0]) for row in ids]
    return [one for one in found if one is not None], int(total)


def sign_off(tx: Tx, discrepancy_id: int, reason: str, actor: str) -> Discrepancy:
    """A person accepts a difference and says why. Signing off again with the same reason changes nothing.

    Raises NotFound `discrepancy_unknown`, Invalid `reason_missing`, Conflict `discrepancy_ended`.
    """
    one = tx.get(Discrepancy, discrepancy_id, lock=True)
    if one is None:
        raise NotFound("discrepancy_unknown")
    if not reason.strip() or "\x00" in reason:
        raise Invalid("reason_missing", fields={"reason": fault("required")})
    if one.state == "signed_off" and one.reason == reason:
        return one
    if one.state != "open":
        raise Conflict("discrepancy_ended", state=one.state)
    one.state, one.reason, one.actor, one.ended_at = "signed_off", reason, actor, tx.now
    record_audit(tx, actor, "discrepancy.sign_off", f"discrepancy:{discrepancy_id}", reason=reason)
    return tx.add(one)
