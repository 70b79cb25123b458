"""How remittances move money in the books: each part moves between its share, `payable` and the bank."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.payouts.models import PayoutPlan, Remittance, RemittancePart
from kernel.db import Tx
from ledger.chart import Account, AccountKind, bank, payable, share
from ledger.kinds import TransferKind
from ledger.post import Transfer


class Part(NamedTuple):
    """The part of a remittance that is for a project, from one of its shares."""

    part_id: int
    campaign_id: int
    project_id: int
    share: AccountKind
    amount_minor: int


def _share(part: Part) -> Account:
    return share(part.share, part.campaign_id, part.project_id)


def _payable(part: Part) -> Account:
    return payable(part.campaign_id, part.project_id)


def _bank(_part: Part) -> Account:
    return bank()


# Kind -> the debited and the credited account.
_WAYS: Mapping[TransferKind, tuple[Callable[[Part], Account], Callable[[Part], Account]]] = {
    TransferKind.REMITTANCE_APPROVED: (_share, _payable),
    TransferKind.REMITTANCE_WITHDRAWN: (_payable, _share),
    TransferKind.REMITTANCE_PAID: (_payable, _bank),
    TransferKind.REMITTANCE_RETURNED: (_bank, _share),
}


def parts_of(tx: Tx, plan_id: int, remittance_id: int | None = None) -> list[Part]:
    """Return the parts of a plan, or of one of its remittances, in order."""
    only = () if remittance_id is None else (RemittancePart.remittance_id == remittance_id,)
    return _parts(tx, PayoutPlan.id == plan_id, *only)


def _parts(tx: Tx, *which: Any) -> list[Part]:
    query = (
        select(RemittancePart, PayoutPlan.campaign_id)
        .join(Remittance, col(Remittance.id) == RemittancePart.remittance_id)
        .join(PayoutPlan, col(PayoutPlan.id) == Remittance.plan_id)
        .where(*which)
        .order_by(col(RemittancePart.id))
    )
    return [
        Part(row.id or 0, campaign_id, row.project_id, AccountKind(row.share), row.amount_minor)
        for row, campaign_id in tx.all(query)
    ]


def transfers(tx: Tx, plan_id: int, kind: TransferKind, remittance_id: int | None = None) -> list[Transfer]:
    """Return the transfers of one kind for a plan, or for one of its remittances.

    The key allows each kind once per part.
    """
    return _transfers(parts_of(tx, plan_id, remittance_id), kind)


def transfers_of(tx: Tx, remittance_ids: Sequence[int], kind: TransferKind) -> list[Transfer]:
    """Return the transfers of one kind for these remittances."""
    return _transfers(_parts(tx, col(RemittancePart.remittance_id).in_(remittance_ids)), kind)


def _transfers(parts: Sequence[Part], kind: TransferKind) -> list[Transfer]:
    debit, credit = _WAYS[kind]
    return [
        Transfer(f"{kind}:{part.part_id}", debit(part), credit(part), part.amount_minor, kind) for part in parts
    ]
