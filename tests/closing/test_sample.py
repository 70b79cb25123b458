"""The sample that an auditor draws from a published seed: repeatable by anybody, theirs, and never changed."""

from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from campaigns.closing.publication.notices import latest
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.people import create_manager
from campaigns.network.tokens import create_token
from campaigns.payouts import plans, remittances
from campaigns.payouts.allot import allot
from campaigns.sampling.check import faults
from campaigns.sampling.draw import NewSample, draw_sample, repeat
from campaigns.sampling.marks import mark, progress_of, samples_of
from kernel.errors import Conflict, Invalid
from tests.api.client import Api, problem
from tests.cashier import clock, world
from tests.payouts.released import HOST_ACCOUNT, account, release
from tests.web.conftest import app, reader
from tests.web.reader import PASSWORD, Reader, text
from tests.world import ACTOR, World

__all__ = ["app", "clock", "reader", "world"]
PATH = "/campaigns/day/samples"
WORD = "双色球 <b>03</b>"


@pytest.fixture
def released(world: World) -> World:
    """Twelve paid gifts, an unpaid one, and a published result."""
    with pytest.raises(Conflict, match="sample_early"):
        world.do(draw_sample, "day", NewSample(WORD, 5, 0), ACTOR)
    for number in range(12):
        world.pay(world.give(10_00 + number, number % 3))
    world.give(99_00)
    release(world)
    return world


@pytest.fixture
def api(app: Flask, released: World) -> Api:
    return Api(app.test_client(), released)


def test_a_seed_always_draws_the_same_sample(released: World) -> None:
    world = released
    drawn = world.do(draw_sample, "day", NewSample(WORD, 5, 2), "audit")
    with world.db.snapshot() as tx:
        notice = latest(tx, drawn.campaign_id)
        ids = [str(row.id) for row in tx.rows("SELECT id FROM donation WHERE paid_at IS NOT NULL ORDER BY id")]
        again = repeat(tx, drawn)
        items = samples_of(tx, drawn.campaign_id)[0].items
    assert notice and drawn.seed == f"{notice.notice_hash}:{WORD}"
    by_hand = sorted(ids, key=lambda key: sha256(f"{drawn.seed}:{key}".encode()).hexdigest())[:5]
    assert [str(item.donation_id) for item in items] == by_hand == [str(key) for key in again.donations]
    assert (drawn.of_donations, drawn.of_payouts) == (12, 0)
    assert drawn.list_hash == again.list_hash == sha256("\n".join(ids).encode()).hexdigest()
    with pytest.raises(Conflict, match="sample_drawn"):
        world.do(draw_sample, "day", NewSample(WORD, 9, 0), "audit")
    other = world.do(draw_sample, "day", NewSample("another", 12, 0), "audit")
    assert other.number == 2
    for bad in (NewSample("", 1, 0), NewSample("x", 0, 0), NewSample("x", 1, 201), NewSample("a\nb", 1, 0)):
        with pytest.raises(Invalid, match="sample_invalid"):
            world.do(draw_sample, "day", bad, "audit")


def test_payouts_are_drawn_and_their_way_is_read(released: World) -> None:
    """Two counties are paid; what is paid after the draw changes no sample of before."""
    world = released
    allot(world.deps)
    for code in ("4101", "4102"):
        account(world, code)
    account(world, "41", HOST_ACCOUNT)
    plan = world.do(plans.make_plan, world.slug, "maker").id
    world.do(plans.approve, plan, "checker")
    world.do(plans.send, plan, "maker")
    first, second = world.do(plans.remittances_of, plan)
    world.do(remittances.mark_paid, first.id, "R-1", world.clock.at.date(), "slip", "maker")
    drawn = world.do(draw_sample, "day", NewSample("before", 3, 5), "audit")
    assert (drawn.of_payouts, drawn.payouts) == (1, 5)
    world.do(remittances.mark_paid, second.id, "R-2", world.clock.at.date(), "slip", "maker")
    world.do(draw_sample, "day", NewSample("after", 3, 1), "audit")
    with world.db.snapshot() as tx:
        after, before = samples_of(tx, drawn.campaign_id)
        assert [(item.remittance_id, item.plan_id) for item in before.items[3:]] == [(first.id, plan)]
        ids = sorted((first.id, second.id), key=lambda key: sha256(f"{after.draw.seed}:{key}".encode()).digest())
        assert [item.remittance_id for item in after.items[3:]] == ids[:1]
        assert [(row.drawn, row.done, row.questions) for row in progress_of(tx, drawn.campaign_id)] == [
            (4, 0, 0),
            (4, 0, 0),
        ]
    world.do(mark, "day", 1, 4, "question", "no slip", "audit")
    world.do(mark, "day", 1, 4, "checked", "", "audit")
    world.do(mark, "day", 1, 1, "question", "no name", "audit")
    with world.db.snapshot() as tx:
        assert [(row.drawn, row.done, row.questions) for row in progress_of(tx, drawn.campaign_id)] == [
            (4, 0, 0),
            (4, 2, 1),
        ]
    world.check()


def test_a_sample_that_its_seed_does_not_draw_is_a_fault(released: World) -> None:
    """A message that comes late, of a payment before the notice, is none."""
    released.do(draw_sample, "day", NewSample(WORD, 12, 0), "audit")
    late = released.do(lambda tx: tx.scalar("SELECT id FROM donation WHERE paid_at IS NULL"))
    released.clock.advance(minutes=1)
    released.pay(released.view(late))
    earlier = "UPDATE donation SET paid_at = pledged_at WHERE amount_minor = 9900"
    released.do(lambda tx: tx.run(earlier))
    with released.db.snapshot() as tx:
        assert faults(tx) == []
    lost = "UPDATE donation SET paid_at = NULL, status = 'pending' WHERE amount_minor = 1000"
    released.do(lambda tx: tx.run(lost))
    with released.db.snapshot() as tx:
        assert [fault.split(":")[0] for fault in faults(tx)] == ["samples_draw_the_same_again"]


def test_a_payment_after_the_notice_changes_no_draw(released: World) -> None:
    world = released
    drawn = world.do(draw_sample, "day", NewSample(WORD, 12, 0), "audit")
    world.do(
        lambda tx: tx.run(
            "UPDATE donation SET paid_at = now() + interval '99 years', status = 'paid' WHERE paid_at IS NULL"
        )
    )
    with world.db.snapshot() as tx:
        again = repeat(tx, drawn)
    assert (again.of_donations, again.list_hash) == (12, drawn.list_hash)


def test_only_the_auditor_of_the_branch_draws_and_marks(api: Api) -> None:
    body = {"word": WORD, "donations": 3}
    for role in ("manager", "finance", "reviewer", "liaison"):
        problem(api.post(PATH, body, api.token(role)), 403, "not_permitted")
    elsewhere = api.world.do(create_token, "auditor", "elsewhere", branch_code="4102")
    for path, sent in ((PATH, body), (f"{PATH}/1/items/1/marks", {"state": "checked"})):
        assert api.post(path, sent, elsewhere).status_code in (403, 404)
    drawn = api.manage(PATH, body, role="auditor")
    assert (drawn["done"], len(drawn["items"]), drawn["of_donations"]) == (0, 3, 12)
    mark = f"{PATH}/1/items/2/marks"
    problem(api.post(mark, {"state": "checked"}, api.token("finance")), 403, "not_permitted")
    problem(api.post(mark, {"state": "question"}, api.token("auditor")), 422, "sample_mark_invalid")
    problem(api.post(f"{PATH}/1/items/4/marks", {"state": "checked"}, api.token("auditor")), 404, "sample_unknown")
    problem(api.post(f"{PATH}/2/items/1/marks", {"state": "checked"}, api.token("auditor")), 404, "sample_unknown")
    api.manage(mark, {"state": "question", "note": "缺回单"}, role="auditor")
    api.manage(mark, {"state": "checked"}, role="auditor")
    api.manage(f"{PATH}/1/items/1/marks", {"state": "question", "note": "缺回单"}, role="auditor")
    (listed,) = api.get(PATH, api.token("finance")).get_json()
    assert (listed["done"], listed["questions"]) == (2, 1)
    assert [item["state"] for item in listed["items"]] == ["question", "checked", ""]


def test_drawn_samples_and_their_marks_are_immutable(api: Api) -> None:
    api.manage(PATH, {"word": WORD, "donations": 3}, role="auditor")
    api.manage(f"{PATH}/1/items/1/marks", {"state": "checked"}, role="auditor")
    for table, change in (
        ("audit_sample", "seed = 'x'"),
        ("audit_sample_item", "place = 9"),
        ("audit_sample_mark", "note = 'x'"),
    ):
        for statement in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="append-only"):
                api.world.do(lambda tx, statement=statement: tx.run(statement))


def test_pages_of_auditor_host_and_public(reader: Reader, released: World) -> None:
    world, page = released, "/console/campaigns/day/samples"
    for role in ("auditor", "finance"):
        world.do(create_manager, role, PASSWORD, role, "test")
    reader.sign_in("auditor")
    reader.open(page)
    drawn = reader.send(page, word=WORD, donations="4", payouts="0")
    assert "样本已抽出" in drawn and "&lt;b&gt;03" in drawn and "<b>03" not in drawn
    with world.db.snapshot() as tx:
        items = samples_of(tx, find_campaign(tx, "day").id or 0)[0].items
    assert f"/console/donations/{items[0].donation_id}/trail" in drawn
    marked = reader.send(f"{page}/1/1", state="question", note="<i>缺回单</i>")
    assert "已核 1 / 4，有疑问 1" in text(marked) and "&lt;i&gt;缺回单" in marked
    assert "请检查" in reader.send(f"{page}/1/2", state="question", note="")
    notice = reader.open("/public/c/day/notices/1")
    assert "已核 1 / 4，有疑问 1" in text(notice) and "&lt;b&gt;03" in notice
    assert "缺回单" not in notice and "auditor" not in notice and str(items[0].donation_id) not in notice
    seed = released.do(lambda tx: samples_of(tx, find_campaign(tx, "day").id or 0)[0].draw.seed)
    limit = max(sha256(f"{seed}:{item.donation_id}".encode()).hexdigest() for item in items)
    assert limit in notice, "donors can tell whether theirs was drawn"
    reader.http.delete_cookie("session")
    reader.sign_in("finance")
    seen = reader.open(page)
    assert "缺回单" in seen and 'name="word"' not in seen and 'name="note"' not in seen
    table = reader.http.get(f"{page}.csv").get_data(as_text=True)
    assert "缺回单" in table and str(items[0].donation_id) in table
    assert reader.http.get(f"{page}.xlsx").data.startswith(b"PK")


def test_the_command_draws_again_and_compares(app: Flask, released: World) -> None:
    released.do(draw_sample, "day", NewSample(WORD, 5, 0), "audit")
    run = app.test_cli_runner().invoke
    assert "0 of 5" in run(args=["samples", "list", "day"]).output
    same = run(args=["samples", "verify", "day", "1"])
    assert same.exit_code == 0 and "donations: the same (12 then, 12 now)" in same.output, same.output
    lost = "UPDATE donation SET paid_at = NULL, status = 'pending' WHERE amount_minor = 1000"
    released.do(lambda tx: tx.run(lost))
    changed = run(args=["samples", "verify", "day", "1"])
    assert changed.exit_code == 1 and "DIFFERENT (12 then, 11 now)" in changed.output, changed.output
