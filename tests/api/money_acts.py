"""How acts around funds and money out are asked for in the API, above the limit of one person."""

from collections.abc import Callable

from campaigns.lifecycle.project_course import advance
from campaigns.payouts import plans, remittances
from campaigns.payouts.allot import allot
from tests.api.approvals import LIMIT
from tests.api.client import Api, Json
from tests.monthly.test_moved import next_month
from tests.payouts.released import ACCOUNT, HOST_ACCOUNT, account, release
from tests.projects.photos import photo
from tests.world import World

SPENT = {
    "amount_minor": 10_00,
    "currency": "CNY",
    "spent_on": "2026-09-01",
    "document_no": "N-1",
    "purpose": "lunch",
}


def _correct(api: Api, _world: World) -> tuple[str, Json]:
    fund = api.manage("/funds", {"name": "x", "kind": "special"})["id"]
    body = {"amount_minor": 3 * LIMIT, "currency": "CNY", "reference": "R-1"}
    deposit = api.manage(f"/funds/{fund}/deposits", body)["id"]
    right = {"amount_minor": 2 * LIMIT - 1, "currency": "CNY", "reason": "a digit too many"}
    return f"/funds/{fund}/deposits/{deposit}/corrections", right


def _approve_plan(_api: Api, world: World) -> tuple[str, Json]:
    world.pay(world.give(LIMIT + 1))
    release(world)
    account(world, "4101")
    return f"/payout-plans/{world.do(plans.make_plan, world.slug, 'maker').id}/approve", {}


def _sent(world: World) -> int:
    """Return a remittance that lies at the bank."""
    world.pay(world.give(LIMIT + 1))
    release(world)
    account(world, "4101")
    account(world, "41", HOST_ACCOUNT)
    plan = world.do(plans.make_plan, world.slug, "maker").id
    world.do(plans.approve, plan, "boss", apart=False)
    world.do(plans.send, plan, "maker")
    return world.do(plans.remittances_of, plan)[0].id or 0


def _mark_paid(_api: Api, world: World) -> tuple[str, Json]:
    paid = {"reference": "R-1", "paid_on": world.clock.at.date().isoformat(), "evidence": "slip 1"}
    return f"/remittances/{_sent(world)}/paid", paid


def _refuse(_api: Api, world: World) -> tuple[str, Json]:
    return f"/remittances/{_sent(world)}/refused", {"reason": "no such account"}


def _return(_api: Api, world: World) -> tuple[str, Json]:
    remittance = _sent(world)
    world.do(remittances.mark_paid, remittance, "R-1", world.clock.at.date(), "slip 1", "maker")
    return f"/remittances/{remittance}/returned", {"reason": "another name"}


def _confirm_payee(api: Api, _world: World) -> tuple[str, Json]:
    body = ACCOUNT._asdict()
    return f"/payees/{api.manage('/organisations/4101/payees', body)['id']}/confirm", {}


def _check_spending(api: Api, world: World) -> tuple[str, Json]:
    spending = api.manage(f"/projects/{world.projects[0]}/spendings", SPENT)["id"]
    headers = {"Authorization": f"Bearer {api.token()}"}
    reply = api.http.post(f"/api/v1/spendings/{spending}/photo", data=photo(), headers=headers)
    assert reply.status_code == 200, reply.text
    return f"/spendings/{spending}/check", {}


def goods_body(world: World) -> Json:
    """Goods as they are entered today."""
    return {
        "name": "棉被",
        "quantity": 200,
        "unit": "床",
        "value_minor": 24_000_00,
        "currency": "CNY",
        "basis": "invoice",
        "valued_by": "县民政局物资科",
        "document": "发票 7 号",
        "received_on": world.clock.at.date().isoformat(),
    }


def _confirm_goods(api: Api, world: World) -> tuple[str, Json]:
    return f"/goods/{api.manage(f'/projects/{world.projects[0]}/goods', goods_body(world))['id']}/confirm", {}


def _change_purpose(_api: Api, world: World) -> tuple[str, Json]:
    world.pay(world.give(LIMIT))
    release(world)
    allot(world.deps)
    body = {"campaign": world.slug, "to_project": world.projects[1], "amount_minor": LIMIT, "currency": "CNY"}
    return f"/projects/{world.projects[0]}/purpose-changes", {**body, "filing_no": "B-1", "reason": "moved away"}


def _use_surplus(_api: Api, world: World) -> tuple[str, Json]:
    world.pay(world.give(LIMIT))
    release(world)
    allot(world.deps)
    for _ in range(2):
        world.do(advance, world.projects[0], "done", "test")
    body = {"campaign": world.slug, "to": world.projects[1], "amount_minor": LIMIT, "currency": "CNY"}
    return f"/projects/{world.projects[0]}/surplus-uses", {**body, "way": "same_purpose", "reason": "left over"}


def _correct_statement(_api: Api, world: World) -> tuple[str, Json]:
    world.pay(world.give(LIMIT))
    path = f"/organisations/41/monthly-statements/{next_month(world)}/corrections"
    right = {"line": "4101", "figure": "received_minor", "amount_minor": 3 * LIMIT}
    return path, {"figures": [right], "text": "two gifts were left out"}


def _move_fund(api: Api, world: World) -> tuple[str, Json]:
    to = api.manage("/funds", {"name": "y", "kind": "special"})["id"]
    body = {"to_fund": to, "amount_minor": 1, "currency": "CNY", "reason": "agreed"}
    return f"/funds/{world.fund}/transfers", body


def _waive_pledge(api: Api, world: World) -> tuple[str, Json]:
    day = world.clock.at.date().isoformat()
    new = {"kind": "donation", "number": "A-1", "title": "x", "party": "y", "signed_on": day}
    agreement = api.manage("/organisations/41/agreements", new)["id"]
    due = {"due_on": day, "amount_minor": 1, "currency": "CNY"}
    return f"/pledges/{api.manage(f'/agreements/{agreement}/pledges', due)['id']}/waive", {"reason": "hardship"}


MONEY: dict[str, Callable[[Api, World], tuple[str, Json]]] = {
    "fund.transfer": _move_fund,
    "pledge.waive": _waive_pledge,
    "goods.confirm": _confirm_goods,
    "fund.correct_deposit": _correct,
    "payout.approve": _approve_plan,
    "remittance.paid": _mark_paid,
    "remittance.refused": _refuse,
    "remittance.returned": _return,
    "payee.confirm": _confirm_payee,
    "monthly.correct": _correct_statement,
    "spending.check": _check_spending,
    "project.change_purpose": _change_purpose,
    "project.use_surplus": _use_surplus,
}
