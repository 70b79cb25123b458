"""Cases that belong together are decided together: in one act, with one reason, by who did not open them."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from campaigns.assignments import assigned_ids, take
from campaigns.network.people import create_manager
from campaigns.screening.case_bursts import BurstKey, case_ids, list_bursts
from campaigns.screening.decide_together import decide_batch
from campaigns.screening.open_manually import open_case
from campaigns.screening.screen import open_cases
from campaigns.screening.signals import Signal
from kernel.errors import Conflict, Invalid
from kernel.paging import Page
from tests.cashier import clock, world
from tests.web.conftest import app, manager, reader
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World

__all__ = ["app", "clock", "manager", "reader", "world"]


def campaign(world: World) -> int:
    return int(world.do(lambda tx: tx.scalar("SELECT id FROM campaign WHERE slug = :slug", slug=world.slug)))


def burst(world: World, count: int = 3, amount: int = 20_00, project: int = 0, code: str = "same_sum") -> list[int]:
    """Cases of donations of one sum to one project, with match on hold."""
    gifts = [world.give(amount, project) for _ in range(count)]
    for gift in gifts:
        world.pay(gift)
    ids = [gift.id for gift in gifts]
    world.do(open_cases, {id_: (Signal(code, {"count": count, "amount_minor": amount}),) for id_ in ids})
    rows = world.do(lambda tx: tx.rows("SELECT id FROM screening_case WHERE donation_id = ANY(:ids)", ids=ids))
    return sorted(row.id for row in rows)


def states(world: World) -> list[str]:
    return [row[0] for row in world.do(lambda tx: tx.rows("SELECT state FROM screening_case ORDER BY id"))]


@pytest.fixture(autouse=True)
def pot(world: World) -> None:
    world.pot(1_000_00)


def test_cases_are_added_up_by_sign_project_and_equal_sum(world: World) -> None:
    burst(world, 3)
    burst(world, 1, amount=30_00)
    burst(world, 2, project=1, code="staff")
    rows, total = world.do(list_bursts, campaign(world), None, Page())
    assert total == 3 and [(row.code, row.cases, row.amount_minor) for row in rows] == [
        ("same_sum", 3, 20_00),
        ("staff", 2, 0),
        ("same_sum", 1, 30_00),
    ]
    assert rows[0].given_minor == rows[0].held_minor == 60_00
    assert len(world.do(case_ids, campaign(world), rows[1].key, None)) == 2
    assert world.do(case_ids, campaign(world), BurstKey("staff", world.projects[1], 0), "4102") == []


def test_the_list_of_bursts_counts_the_cases_that_somebody_works_on(manager: Reader, world: World) -> None:
    ids = burst(world, 3)
    burst(world, 1, amount=30_00)
    for case in ids[:2]:
        world.do(take, "case", case, "", "rev")
    rows, _total = world.do(list_bursts, campaign(world), None, Page(), world.do(assigned_ids, "case"))
    assert [(row.cases, row.taken) for row in rows] == [(3, 2), (1, 0)]
    assert text(manager.open(f"/console/campaigns/{world.slug}/bursts")).count("件有人在处理") == 1


@pytest.mark.parametrize(("decision", "captured"), [("released", 20_00), ("cancelled", 0)])
def test_a_burst_is_decided_in_one_transaction_and_once(world: World, decision: str, captured: int) -> None:
    ids = burst(world, 4)
    with pytest.raises(Invalid, match="reason_missing"):
        world.do(decide_batch, ids, decision, " ", "rev")
    assert world.do(decide_batch, ids[:3], decision, "核实过", "rev") == 3
    assert world.do(decide_batch, ids, decision, "又一次", "other") == 1, "what is decided stays as it is"
    reasons = world.do(lambda tx: tx.rows("SELECT reason, actor FROM screening_case ORDER BY id"))
    assert [tuple(row) for row in reasons] == [("核实过", "rev")] * 3 + [("又一次", "other")]
    assert world.do(lambda tx: tx.scalar("SELECT sum(live_minor) FROM reservation")) == 4 * captured
    world.check()


def test_two_who_decide_a_burst_at_once_do_not_wait_for_each_other_in_a_circle(world: World) -> None:
    world.pot(1_000_00, rank=2)
    ids = burst(world, 12)
    with ThreadPoolExecutor(4) as pool:
        halves = [ids, ids[::-1], ids[:8], ids[4:]]
        done = list(pool.map(lambda chosen: world.do(decide_batch, chosen, "cancelled", "刷单", "rev"), halves))
    assert sum(done) == 12 and set(states(world)) == {"cancelled"}
    world.check()


def test_a_reviewer_decides_the_chosen_and_then_all_and_stays_where_they_were(
    manager: Reader, world: World
) -> None:
    ids = burst(world, 4)
    page = text(manager.open(f"/console/campaigns/{world.slug}/bursts"))
    assert "每笔 20.00 元" in page and "80.00" in page and "same_sum" not in page
    address = f"/console/campaigns/{world.slug}/burst?code=same_sum&project={world.projects[0]}&amount=2000"
    manager.open(address)
    assert "请写明原因" in manager.send("/burst", verb="cancel", reason=" ")
    manager.open(address)
    refused = manager.send("/burst", verb="cancel", reason="刷单", case=[])
    assert "没有选" in refused and set(states(world)) == {"open"}
    manager.open(address)
    chosen = [str(id_) for id_ in ids[:2]]
    assert "2 件复核已决定" in manager.send("/burst", verb="cancel", reason="刷单", case=chosen)
    assert manager.page.request.args["amount"] == "2000"
    assert states(world) == ["cancelled", "cancelled", "open", "open"]
    manager.open(address)
    sent = manager.page
    assert "没有需要复核的捐赠" in manager.send("/burst", verb="release:all", reason="核实过")
    assert states(world)[2:] == ["released", "released"]
    manager.page = sent
    assert "别人已经决定" in manager.send("/burst", verb="cancel:all", reason="再点一次")
    assert states(world)[2:] == ["released", "released"]
    world.check()


def test_a_county_decides_its_own_part_of_a_burst_only(app: Flask, world: World) -> None:
    burst(world, 2, project=0)
    burst(world, 2, project=2)
    world.do(create_manager, "county", PASSWORD, "manager", "test", "4101")
    county = Reader(app.test_client(), world)
    county.sign_in("county")
    assert county.open(f"/console/campaigns/{world.slug}/bursts").count("/burst?") == 1
    theirs = f"/console/campaigns/{world.slug}/burst?code=same_sum&project={world.projects[2]}&amount=2000"
    assert "成批复核" in county.open(theirs) and "/burst?" in county.page.text, "nothing there for them"
    world.do(create_manager, "auditor", PASSWORD, "auditor", "test")
    auditor = Reader(app.test_client(), world)
    auditor.sign_in("auditor")
    auditor.open(f"/console/campaigns/{world.slug}/burst?code=same_sum&project={world.projects[0]}&amount=2000")
    assert "取消选中的配捐" not in auditor.page.text
    assert "您没有权限" in auditor.send("/burst", 403, verb="cancel:all", reason="我不该能")
    assert set(states(world)) == {"open"}


def test_a_case_is_opened_by_hand_with_its_reason_as_evidence(manager: Reader, world: World) -> None:
    gift = world.give(20_00)
    world.pay(gift)
    manager.open(f"/console/donations/{gift.id}")
    asks = f'href="/console/donations/{gift.id}/case"'
    assert asks in manager.page.text
    manager.open(f"/console/donations/{gift.id}/case")
    assert "20.00 元配捐暂缓计入" in manager.page.text
    assert "配捐已暂缓" in manager.send("/case", verb="save", reason="熟人<b>凑的")
    assert asks not in manager.page.text
    page = manager.open(f"/console/campaigns/{world.slug}/cases")
    assert "人工提出：boss，熟人&lt;b&gt;凑的" in page
    for donation, code in ((gift.id, "case_exists"), (world.give(5_00).id, "nothing_to_hold")):
        with pytest.raises(Conflict, match=code):
            world.do(open_case, donation, "再来", "rev")
    world.check()
