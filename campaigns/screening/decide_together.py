"""Decide many cases with one reason, one transaction per batch."""

from collections.abc import Collection

from sqlmodel import col, select

from campaigns.lifecycle.campaign import lock_shared
from campaigns.reasons import require_reason
from campaigns.screening.decide import Decision, decided, lock_pots_of
from campaigns.screening.models import ScreeningCase
from kernel.db import Tx
from ledger.post import Transfer, post

BATCH = 100  # cases; locks their pots no longer than a batch of messages does


def decide_batch(tx: Tx, case_ids: Collection[int], decision: Decision, reason: str, actor: str) -> int:
    """Decide the open ones of these cases; return how many. Others stay unchanged, so this is idempotent.

    Locks in the global lock order: campaigns, donations, cases, pots. Raises Invalid `reason_missing`, Conflict
    `campaign_phase`.
    """
    require_reason(reason)
    rows = tx.all(select(ScreeningCase).where(col(ScreeningCase.id).in_(case_ids)))
    campaigns = {
        campaign.id: campaign for campaign in lock_shared(tx, ids=sorted({case.campaign_id for case in rows}))
    }
    donations = sorted(case.donation_id for case in rows)
    tx.rows(
        "SELECT id FROM donation WHERE id = ANY(:ids) ORDER BY id FOR UPDATE /* lock:donations */", ids=donations
    )
    query = select(ScreeningCase).where(col(ScreeningCase.id).in_(case_ids), ScreeningCase.state == "open")
    locked = query.order_by(col(ScreeningCase.id)).with_for_update(key_share=True)
    cases = tx.all(locked.execution_options(populate_existing=True))
    if decision == "cancelled":
        lock_pots_of(tx, [case.donation_id for case in cases], list(campaigns.values()))
    transfers: list[Transfer] = []
    for case in cases:
        transfers += decided(tx, case, campaigns[case.campaign_id], decision, reason, actor)
    post(tx, transfers)
    return len(cases)
