"""Grants: the owner of a fund lets another branch fill pots from it."""

from sqlmodel import col, select

from campaigns.audit import record_audit
from campaigns.funds.funds import find
from campaigns.funds.models import FundGrant
from campaigns.network.organisations import find as find_organisation
from campaigns.reasons import require_reason
from kernel.db import Tx
from kernel.errors import NotFound


def grant(tx: Tx, fund_id: int, organisation: str, reason: str, actor: str) -> FundGrant:
    """Let campaigns hosted in an organisation's branch draw on a fund. Idempotent.

    Raises NotFound `fund_unknown` and `organisation_unknown`, Invalid `reason_missing`.
    """
    find(tx, fund_id, lock=True)
    find_organisation(tx, organisation)
    require_reason(reason)
    live = _live(tx, fund_id, organisation)
    if live is not None:
        return live
    record_audit(tx, actor, "fund.grant", f"fund:{fund_id}", organisation=organisation, reason=reason)
    return tx.add(
        FundGrant(fund_id=fund_id, organisation_code=organisation, reason=reason, actor=actor, granted_at=tx.now)
    )


def revoke(tx: Tx, fund_id: int, organisation: str, actor: str) -> None:
    """Revoke a grant. Pots keep the money that they already have. Raises NotFound `fund_unknown` and
    `grant_unknown`."""
    find(tx, fund_id, lock=True)
    live = _live(tx, fund_id, organisation)
    if live is None:
        raise NotFound("grant_unknown")
    live.revoked_at, live.revoked_by = tx.now, actor
    tx.add(live)
    record_audit(tx, actor, "fund.grant_revoke", f"fund:{fund_id}", organisation=organisation)


def listed(tx: Tx, fund_id: int) -> list[FundGrant]:
    """Return all grants of a fund, including revoked ones, newest first. Raises NotFound `fund_unknown`."""
    find(tx, fund_id)
    return tx.all(select(FundGrant).where(FundGrant.fund_id == fund_id).order_by(col(FundGrant.id).desc()))


def granted_to(tx: Tx, fund_id: int) -> set[str]:
    """Return the codes of the organisations whose branches may currently draw on a fund."""
    live = select(FundGrant.organisation_code).where(
        FundGrant.fund_id == fund_id, col(FundGrant.revoked_at).is_(None)
    )
    return set(tx.all(live))


def _live(tx: Tx, fund_id: int, organisation: str) -> FundGrant | None:
    return tx.first(
        select(FundGrant).where(
            FundGrant.fund_id == fund_id,
            FundGrant.organisation_code == organisation,
            col(FundGrant.revoked_at).is_(None),
        )
    )
