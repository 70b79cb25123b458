"""Move money from one fund to another: two people, one transfer in the books."""

from sqlmodel import col, or_, select

from campaigns.audit import record_audit
from campaigns.funds.funds import find, require_balance
from campaigns.funds.models import FundTransfer
from campaigns.reasons import require_one_line_reason
from kernel.db import Tx
from kernel.errors import Fault, Invalid, fault
from kernel.money import amount_fault
from ledger.chart import fund as fund_account
from ledger.kinds import TransferKind
from ledger.post import Transfer, post


def move(tx: Tx, fund_id: int, to_fund: int, amount_minor: int, reason: str, actor: str) -> FundTransfer:
    """Move `amount_minor` fen from one fund to another. Posts to the ledger.

    Raises NotFound `fund_unknown`, Invalid `fund_transfer_invalid` and `reason_invalid`, Conflict `fund_short`.
    """
    require_one_line_reason(reason)
    faults: dict[str, Fault] = {}
    if refused := amount_fault(amount_minor):
        faults["amount_minor"] = refused
    if to_fund == fund_id:
        faults["to_fund"] = fault("same_fund")
    if faults:
        raise Invalid("fund_transfer_invalid", fields=faults)
    funds = {id_: find(tx, id_, lock=True) for id_ in sorted((fund_id, to_fund))}
    require_balance(tx, funds[fund_id], amount_minor)
    row = tx.add(
        FundTransfer(
            from_fund_id=fund_id,
            to_fund_id=to_fund,
            amount_minor=amount_minor,
            reason=reason,
            actor=actor,
            moved_at=tx.now,
        )
    )
    detail = {"fund": to_fund, "amount_minor": amount_minor, "reason": reason}
    record_audit(tx, actor, "fund.transfer", f"fund:{fund_id}", **detail)
    source, to, key = fund_account(fund_id), fund_account(to_fund), f"fund_transfer:{row.id}"
    post(tx, [Transfer(key, source, to, amount_minor, TransferKind.FUND_MOVED)])
    return row


def transfers_of(tx: Tx, fund_id: int) -> list[FundTransfer]:
    """Return the transfers into and out of a fund, newest first."""
    of_fund = or_(FundTransfer.from_fund_id == fund_id, FundTransfer.to_fund_id == fund_id)
    return tx.all(select(FundTransfer).where(of_fund).order_by(col(FundTransfer.id).desc()))
