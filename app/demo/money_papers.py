"""Records for the finance pages of the demo: agreements, pledges, and a red-flushed receipt."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.demo.accounts import CITY, FINANCE
from campaigns.agreements import agreements, pledges
from campaigns.agreements.agreements import NewAgreement
from campaigns.dependencies import Dependencies
from campaigns.desks import receipt_desk
from campaigns.desks.receipt_desk import Issued, Red
from campaigns.donations.donors.payer import Payer
from campaigns.donations.receipts.receipt_requests import request_receipt
from campaigns.funds.deposits import deposit_of
from kernel.clock import local_day
from kernel.db import Tx

PAYER = Payer("company", "牡丹商贸（演示）", "91350100M000100Y43", "peony@example.org")


def leave_papers(tx: Tx, deps: Dependencies, campaign: str, fund: int, gifts: Sequence[UUID]) -> None:
    """Enter agreements and pledges, and red-flush a receipt with a wrong payer."""
    today = local_day(tx.now)
    title, party = "捐建村道路灯（三年）", "云朵面馆连锁（演示）"
    lamps = NewAgreement("donation", "捐协 2026-017", title, party, today - timedelta(days=60))
    lamps = lamps._replace(amount_minor=300_000_00, fund=fund, ends_on=today + timedelta(days=700))
    agreement_id = agreements.enter(tx, CITY, lamps._replace(document="档案室 3 柜 17 号"), FINANCE).id or 0
    for days in (-30, -3, 10, 370):
        pledges.pledge(tx, agreement_id, today + timedelta(days=days), 75_000_00, FINANCE)
    first, second, *_rest = pledges.of_agreement(tx, agreement_id)
    pledges.pay(tx, first.id, deposit_of(tx, fund, "DEMO-0001").id or 0, 75_000_00, FINANCE)
    pledges.call(tx, second.id, FINANCE)
    partner = NewAgreement(
        "partner", "合募 2026-04", "合作公开募捐", "洛水助学社（演示）", today - timedelta(days=30)
    )
    finding = "有法人登记和近三年审计报告，评估合格"
    agreements.enter(tx, CITY, partner._replace(campaign=campaign, assessment=finding), FINANCE)
    ending = NewAgreement(
        "contract", "合同 2025-31", "助餐点物资配送", "洛河配送（演示）", today - timedelta(days=340)
    )
    agreements.enter(tx, CITY, ending._replace(amount_minor=48_000_00, ends_on=today + timedelta(days=20)), FINANCE)
    for gift in gifts[:1]:
        receipt_id = request_receipt(tx, deps.keys, gift, PAYER).id or 0
        receipt_desk.issue(tx, receipt_id, Issued("41010126", "0000017521", "7c2e9a", today), FINANCE)
        receipt_desk.red_flush(tx, receipt_id, Red("41010126", "0000017522", today), "抬头开错，重开", FINANCE)
