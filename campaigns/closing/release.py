"""After the public notice: captured match becomes spendable, and what a pot has left goes back to its fund."""

from campaigns.events.models import Campaign
from kernel.db import Tx
from ledger.chart import Kind, fund, pot_captured, pot_free, pot_released
from ledger.post import Transfer, post
from ledger.statements import balances
from matching.models import PotFunding
from matching.offers import load, lock_free


def release_match(tx: Tx, campaign: Campaign) -> None:
    """Post the release of a campaign's match. The campaign is locked exclusively; posting again is nothing."""
    assert campaign.id is not None
    pots = {f"pot:{pot.pot_id}": pot for pot in load(tx, [campaign.id])}
    if not pots:
        return
    free = lock_free(tx, pots.values())
    transfers = []
    for row in balances(tx, [Kind.POT_CAPTURED], list(pots)):
        if row.balance_minor:
            pot_id, project_id = int(row.owner[4:]), int(row.purpose[8:])
            key = f"pot:{pot_id}:project:{project_id}:released"
            source, to = pot_captured(pot_id, project_id), pot_released(pot_id, project_id)
            transfers.append(Transfer(key, source, to, row.balance_minor, "match released to project"))
    for pot in pots.values():
        left = free[pot.pot_id]
        if left:
            tx.add(PotFunding.gave(pot.pot_id, left, "returned", tx.now))
            key = f"pot:{pot.pot_id}:returned"
            transfers.append(Transfer(key, pot_free(pot.pot_id), fund(pot.fund_id), left, "pot returned"))
    post(tx, transfers)
