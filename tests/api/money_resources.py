"""Money that leaves, and what stands beside it: of one county, for tests that try it as a neighbour."""

from typing import Any

from campaigns.agreements.agreements import NewAgreement
from campaigns.agreements.agreements import enter as enter_agreement
from campaigns.agreements.pledges import pledge
from campaigns.goods import goods
from campaigns.goods.goods import NewGoods
from campaigns.goods.goods import enter as enter_goods
from campaigns.lifecycle.campaign import find_campaign
from campaigns.payouts.models import PayoutPlan, Remittance, RemittancePart
from campaigns.payouts.payees import NewAccount, propose
from campaigns.projects.picture_file import WIDTHS
from campaigns.projects.pictures import file_name
from campaigns.spending.vouchers import Photo, Voucher, enter
from kernel.clock import local_day
from kernel.db import Tx
from ledger.chart import PAID_OUT
from tests.api.counties import County
from tests.world import ACTOR, World


def money_out(tx: Tx, world: World, county: County) -> dict[str, Any]:
    """A payee's account, a plan with its remittance, spending, goods, an agreement."""
    project = world.projects[county.project]
    new = NewAccount(county.mark, "bank", "105493000010", "410012345678")
    payee = propose(tx, world.deps.keys, county.code, new, ACTOR)
    campaign_id = find_campaign(tx, county.slug).id or 0
    plan = tx.add(
        PayoutPlan(campaign_id=campaign_id, state="withdrawn", total_minor=1, made_by=ACTOR, made_at=tx.now)
    )
    remittance = tx.add(
        Remittance(
            plan_id=plan.id or 0,
            organisation_code=county.code,
            end_to_end_id=county.mark,
            amount_minor=1,
            state="withdrawn",
            changed_at=tx.now,
        )
    )
    of_remittance = {"remittance_id": remittance.id or 0, "project_id": project}
    tx.add(RemittancePart(**of_remittance, share=PAID_OUT[0], amount_minor=1))
    voucher = Voucher(50_00, local_day(tx.now), "N-1", county.mark)
    photo = Photo(county.code * 8, "hash")
    world.deps.pictures.write(file_name(photo.file_key, WIDTHS[-1]), b"a photo")
    spending = enter(tx, project, voucher, photo, ACTOR)
    made = {"spending_id": spending.id, "payee_id": payee.id, "plan_id": plan.id, "remittance_id": remittance.id}
    new = NewGoods(county.mark, 2, "箱", 100_00, "invoice", county.mark, county.mark, local_day(tx.now))
    return {**made, **agreement(tx, county), "goods_id": enter_goods(tx, project, new, ACTOR).id}


def agreement(tx: Tx, county: County) -> dict[str, Any]:
    """An agreement with a pledge."""
    today = local_day(tx.now)
    agreement_id = (
        enter_agreement(tx, county.code, NewAgreement("donation", "A-1", county.mark, county.mark, today), ACTOR).id
        or 0
    )
    return {"agreement_id": agreement_id, "pledge_id": pledge(tx, agreement_id, today, 100, ACTOR).id}


def handed_out(tx: Tx, things: dict[str, Any]) -> dict[str, Any]:
    """Hand out some of a county's goods."""
    goods.confirm(tx, things["goods_id"], "another")
    new = goods.NewHandout(1, "village", local_day(tx.now), "list")
    return {"handout_id": goods.hand_out(tx, things["goods_id"], new, ACTOR).id}
