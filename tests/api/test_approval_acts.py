"""Each act that needs a second person is tried: it waits, and is done as it would have been; and nobody approves
what they made."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from campaigns.approvals.act import Attempt
from campaigns.approvals.acts import ACTS
from campaigns.approvals.desk import find
from campaigns.approvals.overtaken import OVERTAKEN, REPEATABLE, is_overtaken
from campaigns.closing.cancel import cancel
from campaigns.donations.refunds.refund_requests import request_money_back
from campaigns.lifecycle.listing import withdraw_listing
from campaigns.network import second_factor
from campaigns.network.people import create_manager
from campaigns.network.tokens import create_token
from campaigns.screening.open_manually import open_case
from kernel.db import Tx
from matching.pots import Tranche
from payments.mappings.document import preset
from payments.partners.partners import create as create_partner
from tests.api.approvals import LIMIT, app, ask, decide, paid, second
from tests.api.client import Api, Json, problem
from tests.api.difference_acts import DIFFERENCES
from tests.api.money_acts import MONEY
from tests.api.test_rights import snapshot
from tests.closing.partner import tell
from tests.web.reader import PASSWORD
from tests.world import World

__all__ = ["app", "second"]


def _reduce(api: Api, world: World) -> tuple[str, Json]:
    return f"/pots/{world.pot(300_00)}/reductions", {"amount_minor": LIMIT + 1}


def _cancel(_api: Api, world: World) -> tuple[str, Json]:
    return f"/campaigns/{world.slug}/cancel", {"reason": "flood"}


def _extend(_api: Api, world: World) -> tuple[str, Json]:
    ends_at = (world.clock.at + timedelta(days=1)).isoformat()
    return f"/campaigns/{world.slug}/extend", {"reason": "rain", "ends_at": ends_at}


def _refund_donor(_api: Api, world: World) -> tuple[str, Json]:
    return f"/donations/{paid(world, LIMIT + 1).id}/refund-all-of-donor", {"reason": "fraud"}


def _provider_given_back(_api: Api, world: World) -> tuple[str, Json]:
    world.do(create_partner, world.deps.keys, "lezhu", "乐助")
    tell(world, "lezhu", "L-1", LIMIT)
    tell(world, "lezhu", "L-2", 1_00)
    world.settle()
    world.do(cancel, world.slug, "flood", "test")
    return f"/campaigns/{world.slug}/cancellation/given-back", {"provider": "partner:lezhu", "reason": "by letter"}


def _tranche(_api: Api, world: World) -> tuple[str, Json]:
    pot = world.pot(1, tranches=[Tranche(world.clock.at + timedelta(hours=1), LIMIT + 1)])
    tranche = world.do(lambda tx: tx.scalar("SELECT max(id) FROM pot_funding"))
    return f"/pots/{pot}/tranches/{tranche}/withdraw", {"reason": "wrong"}


def _request(_api: Api, world: World) -> tuple[str, Json]:
    request = world.do(request_money_back, world.deps.keys, paid(world, LIMIT + 1).id, None, "please")
    return f"/refund-requests/{request.id}/accept", {}


def _take(_api: Api, world: World) -> tuple[str, Json]:
    return f"/payment-exceptions/{desk_payment(world)}/take", {"reason": "known"}


def _give_money_back(_api: Api, world: World) -> tuple[str, Json]:
    return f"/payment-exceptions/{desk_payment(world)}/refund", {"reason": "not ours"}


def _attach(_api: Api, world: World) -> tuple[str, Json]:
    exception, other = desk_payment(world), world.give(50_00)
    return f"/payment-exceptions/{exception}/attach", {"reason": "theirs", "donation": str(other.id)}


def _admin(api: Api, _world: World) -> tuple[str, Json]:
    body = {"login": "li", "role": "finance", "password": PASSWORD, "branch": None}
    return f"/users/{api.manage('/users', body)['id']}", {"role": "admin"}


def desk_payment(world: World) -> int:
    donation = world.give(50_00)
    row: int = world.do(
        lambda tx: tx.scalar(
            """INSERT INTO payment_exception (provider, payment_intent, amount_minor, currency, donation_id, reason,
                                              state, note, actor, refund_attempts, occurred_at, found_at)
               VALUES ('stripe', 'pi_x', :amount, 'CNY', :donation, 'second_payment', 'open', '', '', 0, :now, :now)
               RETURNING id""",
            donation=donation.id,
            amount=LIMIT + 1,
            now=world.clock.at,
        )
    )
    return row


def _second_factor(_api: Api, world: World) -> tuple[str, Json]:
    manager = world.do(create_manager, "li", PASSWORD, "finance", "test")
    world.do(second_factor.begin, world.deps.keys, manager.id)
    return f"/users/{manager.id}/second-factor/reset", {}


def _widen(_api: Api, world: World) -> tuple[str, Json]:
    world.do(create_partner, world.deps.keys, "teahouse", "茶馆")
    return "/partners/teahouse", {"gift_most_minor": world.deps.limits.partner_gift_most_minor + 1}


def _map(_api: Api, world: World) -> tuple[str, Json]:
    world.do(create_partner, world.deps.keys, "teahouse", "茶馆")
    return "/partners/teahouse/mapping", {"document": json.loads(preset("signed_headers"))}


def _map_code(_api: Api, world: World) -> tuple[str, Json]:
    world.do(create_partner, world.deps.keys, "teahouse", "茶馆")
    project = world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0]))
    return "/partners/teahouse/project-codes", {"code": "T-7", "project": project}


def _restore_listing(_api: Api, world: World) -> tuple[str, Json]:
    world.do(withdraw_listing, world.slug, "the filing is withdrawn", "test")
    return f"/campaigns/{world.slug}/listing/restore", {"reason": "in force again"}


# What the sentence of an act says of its numbered subject: whose it is, for whom, how much.
TOLD = {
    "payout.approve": "公益日 · 栾川县 ¥100.01",
    "remittance.paid": "栾川县 · …2345 · 公益日",
    "remittance.refused": "栾川县 · …2345 · 公益日",
    "remittance.returned": "栾川县 · …2345 · 公益日",
    "payee.confirm": "栾川县 · 栾川县慈善会 · 中国建设银行栾川支行 · …2345",
    "spending.check": "幸福家园 41010101 · lunch · ¥10.00",
    "goods.confirm": "幸福家园 41010101 · 棉被 200 床 · ¥24,000.00",
    "pledge.waive": " · ¥0.01",
    "fund.correct_deposit": " · R-1",
    "refund_request.accept": " · 幸福家园 41010101",
    "donation.refund_donor": " · 幸福家园 41010101",
    "donations.given_back": "合作平台 乐助的 2 笔捐赠已在系统外退回，共 101.00 元",
}
PATCHED = ("person.admin", "partner.limits")
LARGE: dict[str, Callable[[Api, World], tuple[str, Json]]] = {
    **MONEY,
    **DIFFERENCES,
    "pot.reduce": _reduce,
    "pot.withdraw_tranche": _tranche,
    "campaign.cancel": _cancel,
    "campaign.extend": _extend,
    "campaign.restore_listing": _restore_listing,
    "donation.refund_donor": _refund_donor,
    "donations.given_back": _provider_given_back,
    "person.second_factor": _second_factor,
    "refund_request.accept": _request,
    "payment.take": _take,
    "payment.attach": _attach,
    "payment.refund": _give_money_back,
    "person.admin": _admin,
    "partner.limits": _widen,
    "partner.mapping": _map,
    "partner.map_code": _map_code,
}
SHOWN_ELSEWHERE = {
    "token.activate",
    "donation.correct_project",
    "donation.refund",
    "donation.given_back",
    "project.approve",
    "case.release",
    "case.cancel",
    "case.answer",
    "partner.live",
    "partner.secret",
}


def test_every_act_is_tried() -> None:
    assert set(LARGE) | SHOWN_ELSEWHERE == set(ACTS)
    assert set(OVERTAKEN) | REPEATABLE == set(ACTS) and not set(OVERTAKEN) & REPEATABLE


@pytest.mark.parametrize("act", LARGE)
def test_each_large_act_waits_and_is_done_as_it_would_have_been(
    api: Api, world: World, second: str, act: str
) -> None:
    path, body = LARGE[act](api, world)
    before = snapshot(world)
    approval = ask(api, path, body, method="PATCH" if act in PATCHED else "POST")
    changed = {table for table, rows in snapshot(world).items() if rows != before[table]}
    assert changed == {"approval", "audit_entry"}
    assert approval["act"] == act
    assert TOLD.get(act, "") in approval["text"]
    stored = world.do(find, approval["id"])
    attempt = Attempt(world.deps, ACTS[act].read(stored.subject), stored.arguments, "test", "")
    assert not world.do(_overtaken_by_reading, act, attempt)
    assert decide(api, approval, second).status_code == 200
    assert world.do(is_overtaken, act, attempt) == (act in OVERTAKEN)
    done = snapshot(world)
    assert {table for table in done if done[table] != before[table]} >= {"approval", "audit_entry"}
    assert api.get(f"/approvals/{approval['id']}", second).get_json()["state"] == "approved"


def _overtaken_by_reading(tx: Tx, act: str, attempt: Attempt) -> bool:
    """The job holds all waiting approvals: none could be decided while it waits for a table."""
    overtaken = is_overtaken(tx, act, attempt)
    locks = """SELECT relation FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'
                AND mode NOT IN ('AccessShareLock', 'RowShareLock')"""
    assert tx.rows(locks) == []
    return overtaken


def test_making_an_administrator_needs_two_people(api: Api, world: World, second: str) -> None:
    body = {"login": "li", "role": "admin", "password": PASSWORD, "branch": None}
    problem(api.post("/users", body, api.token()), 409, "second_person_needed")
    problem(api.post("/invitations", {"role": "admin", "branch": None}, api.token()), 409, "second_person_needed")
    path, change = _admin(api, world)
    approval = ask(api, path, change, method="PATCH")
    assert api.get(path, second).get_json()["role"] == "finance"
    county = world.do(create_token, "admin", "county", branch_code="4101")
    problem(decide(api, approval, county), 404, "approval_unknown")  # the new rights reach beyond theirs
    assert decide(api, approval, second).status_code == 200
    assert api.get(path, second).get_json()["role"] == "admin"


def test_a_token_that_was_made_by_the_askers_token_decides_nothing(api: Api, world: World, second: str) -> None:
    made = api.manage("/tokens", {"name": "mine too", "role": "manager", "branch": None})["token"]
    path, body = _reduce(api, world)
    approval = ask(api, path, body)
    problem(decide(api, approval, made), 403, "approval_own")
    assert decide(api, approval, second).status_code == 200


def test_the_maker_of_a_project_does_not_approve_it(api: Api, world: World, second: str) -> None:
    body = {"organisation": "41010101", "name": "x", "tier": "micro", "summary": "x", "target_minor": 1}
    project = api.manage("/projects", body | {"currency": "CNY"})["id"]
    api.manage(f"/projects/{project}/submit", status=200)
    approval = ask(api, f"/projects/{project}/approve")
    assert approval["stake_minor"] is None
    assert decide(api, approval, second).status_code == 200
    assert api.get(f"/projects/{project}", second).get_json()["status"] == "approved"

    other = api.manage("/projects", body | {"currency": "CNY", "name": "y"})["id"]
    api.manage(f"/projects/{other}/submit", status=200)
    assert api.post(f"/projects/{other}/approve", None, second).status_code == 200  # control: another person


def test_the_opener_of_a_manual_case_does_not_decide_it(api: Api, world: World, second: str) -> None:
    world.pot(500_00)
    for decision, token, status in (("release", "", 202), ("cancel", second, 200)):
        paid(world, 50_00)
        held = api.manage(
            f"/campaigns/{world.slug}/projects/{world.projects[0]}/hold-match", {"reason": "odd"}, 200
        )
        assert held["cases_opened"] == 1
        case = world.do(lambda tx: tx.scalar("SELECT max(id) FROM screening_case"))
        reply = api.post(f"/cases/{case}/{decision}", {"reason": "looked"}, token or api.token())
        assert reply.status_code == status, reply.text
        if status == 202:
            assert decide(api, reply.get_json(), second).status_code == 200
    states = world.do(lambda tx: [row[0] for row in tx.rows("SELECT state FROM screening_case ORDER BY id")])
    assert states == ["released", "cancelled"]
    world.check()


def test_the_opener_of_a_manual_case_does_not_decide_it_among_others(api: Api, world: World, second: str) -> None:
    world.pot(500_00)
    first, own = paid(world, 20_00), paid(world, 20_00)
    response = api.post(f"/donations/{own.id}/case", {"reason": "collected by a friend"}, api.token())
    case = response.get_json()
    assert response.status_code == 201 and case["held_minor"] == 20_00
    screened = world.do(open_case, first.id, "seen by a colleague", "colleague").id
    chosen = {"cases": [case["id"], screened], "decision": "cancelled", "reason": "not eligible"}
    path = f"/campaigns/{world.slug}/cases/decide"
    for token, done in ((api.token(), (1, 1)), (second, (1, 0)), (second, (0, 0))):
        assert api.post(path, chosen, token).get_json() == {"decided": done[0], "own": done[1]}
    world.check()
