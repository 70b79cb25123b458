"""Disburse match after the public notice: captured match becomes spendable, and free match returns to the funds."""

from collections.abc import Mapping

from campaigns.lifecycle.models import Campaign
from kernel.db import Tx
from ledger.chart import AccountKind, fund, pot_captured, pot_free, pot_released
from ledger.kinds import TransferKind
from ledger.post import Transfer, post
from ledger.statements import project_balances
from matching.models import PotFunding
from matching.pot_state import PotState, load_pot_states, lock_free_accounts


def disburse_match(tx: Tx, campaign: Campaign) -> None:
    """Make a campaign's captured match spendable and return its free match. The campaign is locked exclusively.
    Idempotent."""
    assert campaign.id is not None
    pots = [pot.pot_id for pot in load_pot_states(tx, [campaign.id])]
    returns = _returns(tx, campaign)
    post(tx, [*_disbursements(tx, pots), *returns])


def return_free_match(tx: Tx, campaign: Campaign) -> None:
    """Return the free match of a campaign's pots to their funds. The campaign is locked exclusively. Idempotent."""
    post(tx, _returns(tx, campaign))


def _disbursements(tx: Tx, pots: list[int]) -> list[Transfer]:
    transfers = []
    for pot_id, project_id, balance_minor in project_balances(tx, pots, AccountKind.POT_CAPTURED):
        if balance_minor:
            key = f"pot:{pot_id}:project:{project_id}:released"
            source, to = pot_captured(pot_id, project_id), pot_released(pot_id, project_id)
            transfers.append(Transfer(key, source, to, balance_minor, TransferKind.MATCH_DISBURSED))
    return transfers


def return_to_funds(tx: Tx, campaign: Campaign, amounts: Mapping[int, int]) -> list[Transfer]:
    """Return the transfers that give free match of some pots (id -> fen), or what is left of it, back to their
    funds. The caller posts them. The campaign is locked exclusively."""
    assert campaign.id is not None
    pots = [pot for pot in load_pot_states(tx, [campaign.id]) if pot.pot_id in amounts]
    free = lock_free_accounts(tx, pots)
    left = ((pot, min(amounts[pot.pot_id], free[pot.pot_id])) for pot in pots)
    return [_return_to_fund(tx, pot, left_minor) for pot, left_minor in left if left_minor > 0]


def _returns(tx: Tx, campaign: Campaign) -> list[Transfer]:
    """Lock the pots and return the transfers that empty them of free match."""
    assert campaign.id is not None
    pots = load_pot_states(tx, [campaign.id])
    free = lock_free_accounts(tx, pots)
    return [_return_to_fund(tx, pot, left) for pot in pots if (left := free[pot.pot_id])]


def _return_to_fund(tx: Tx, pot: PotState, amount_minor: int) -> Transfer:
    """Record and return the transfer. The id of the funding row makes its key unique."""
    row = tx.add(PotFunding.returned(pot.pot_id, amount_minor, "returned", tx.now))
    key = f"pot:{pot.pot_id}:returned:{row.id}"
    return Transfer(key, pot_free(pot.pot_id), fund(pot.fund_id), amount_minor, TransferKind.POT_RETURNED)
