"""Goods have a value that a second person confirms; they are handed out, and no sum of money knows them."""

from datetime import timedelta

import pytest

from campaigns.approvals.act import Attempt
from campaigns.approvals.acts import ACTS
from campaigns.closing.publication.notice_models import PublicNotice
from campaigns.closing.publication.notices import publish_result
from campaigns.disclosure.project_page import project_page
from campaigns.disclosure.totals import totals
from campaigns.goods import goods
from campaigns.goods.goods import NewGoods, NewHandout
from campaigns.goods.reading import listed, published
from campaigns.lifecycle.campaign import lock_campaign
from campaigns.monthly.yearly import YearlyFigures, yearly_figures
from campaigns.network.roles import Caller, Role
from campaigns.waiting import Work, waiting
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, Refusal
from tests.world import World


def quilts(world: World, **other: object) -> NewGoods:
    new = NewGoods("棉被", 200, "床", 24_000_00, "invoice", "县民政局", "发票 7", local_day(world.clock.at))
    return new._replace(**other)  # type: ignore[arg-type]


def entered(world: World) -> int:
    goods_id: int = world.do(goods.enter, world.projects[0], quilts(world), "liaison").id
    return goods_id


def handout(world: World, quantity: int) -> NewHandout:
    return NewHandout(quantity, "三组", local_day(world.clock.at), "签收单")


def test_only_confirmed_goods_are_published_and_no_sum_of_money_moves(world: World) -> None:
    world.pot(500_00)
    world.pay(world.give(50_00))
    campaign = world.do(lambda tx: tx.scalar("SELECT id FROM campaign WHERE slug = :slug", slug=world.slug))
    sums = ("SELECT kind, sum(amount_minor) FROM ledger_transfer GROUP BY kind ORDER BY kind",)
    before = world.do(totals, [campaign]), world.do(lambda tx: list(tx.rows(*sums)))
    goods_id = entered(world)
    assert world.do(published, world.projects[0]) == [] and world.do(yearly_figures) == []
    world.do(goods.confirm, goods_id, "finance")
    world.do(goods.hand_out, goods_id, handout(world, 60), "liaison")
    page = world.do(project_page, world.projects[0])
    assert [(line.name, line.value_minor, line.handed_out) for line in page.goods] == [("棉被", 24_000_00, 60)]
    assert page.account.paid_minor == page.account.spent_minor == 0
    assert (world.do(totals, [campaign]), world.do(lambda tx: list(tx.rows(*sums)))) == before
    years = world.do(yearly_figures)
    assert [(line.money_minor, line.goods_minor) for line in years] == [(0, 24_000_00)] * 2
    assert all(isinstance(line, YearlyFigures) for line in years)
    world.do(goods.reopen, goods_id, "发票错了", "finance")
    assert world.do(published, world.projects[0]) == []
    world.check()


def test_makers_of_a_goods_record_do_not_confirm_it(world: World) -> None:
    goods_id = entered(world)
    world.do(goods.correct, goods_id, quilts(world, value_minor=20_000_00), "colleague")
    makers = ACTS["goods.confirm"].makers
    assert makers is not None
    assert world.do(makers, Attempt(world.deps, goods_id, {}, "finance", "")) == {"liaison", "colleague"}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("quantity", 0, "not_a_number"),
        ("value_minor", 0, "amount_not_positive"),
        ("unit", "", "required"),
        ("basis", "guess", "not_one_of"),
        ("organisation_code", "4102", "not_one_of"),
    ],
)
def test_bad_goods_are_refused_and_change_nothing(world: World, field: str, value: object, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        world.do(goods.enter, world.projects[0], quilts(world, **{field: value}), "liaison")
    assert refused.value.code == "goods_invalid" and refused.value.fields[field].code == code
    tomorrow = local_day(world.clock.at) + timedelta(days=1)
    with pytest.raises(Invalid):
        world.do(goods.enter, world.projects[0], quilts(world, received_on=tomorrow), "liaison")
    assert world.do(listed) == ([], 0)


def test_no_more_is_handed_out_than_there_is(world: World) -> None:
    goods_id = entered(world)
    world.do(goods.hand_out, goods_id, handout(world, 150), "liaison")
    with pytest.raises(Conflict, match="goods_short"):
        world.do(goods.hand_out, goods_id, handout(world, 51), "liaison")
    with pytest.raises(Conflict, match="goods_short"):
        world.do(goods.correct, goods_id, quilts(world, quantity=149), "liaison")
    with pytest.raises(Conflict, match="goods_handed_out"):
        world.do(goods.withdraw, goods_id, "误录", "liaison")
    early = handout(world, 1)._replace(handed_on=local_day(world.clock.at) - timedelta(days=1))
    with pytest.raises(Invalid, match="handout_invalid"):
        world.do(goods.hand_out, goods_id, early, "liaison")
    lines, total = world.do(listed, None, "4101")
    assert (total, lines[0].handed_out) == (1, 150)
    assert world.do(listed, None, "4102") == ([], 0)


def test_a_handout_is_corrected_by_another_entry(world: World) -> None:
    goods_id = entered(world)
    first = world.do(goods.hand_out, goods_id, handout(world, 150), "liaison").id
    world.do(goods.correct_handout, goods_id, first, 140, "数错了", "liaison")
    world.do(goods.correct_handout, goods_id, first, 190, "又补发", "liaison")
    entries = [(row.corrects_id, row.quantity) for row in world.do(goods.handouts_of, goods_id)]
    assert entries == [(first, 50), (first, -10), (None, 150)]
    assert (world.do(goods.handed_out, goods_id), world.do(goods.handout_now, first)) == (190, 190)
    correction = world.do(goods.handouts_of, goods_id)[0].id
    for handout_id, quantity, code in (
        (first, 190, "handout_unchanged"),
        (first, 201, "goods_short"),
        (first, -1, "handout_invalid"),
        (correction, 1, "handout_unknown"),
        (4711, 1, "handout_unknown"),
    ):
        with pytest.raises(Refusal, match=code):
            world.do(goods.correct_handout, goods_id, handout_id, quantity, "x", "liaison")
    world.do(goods.correct_handout, goods_id, first, 0, "没有发", "liaison")
    assert world.do(goods.handed_out, goods_id) == 0
    world.check()


def test_goods_have_a_separate_column_in_the_notice(world: World) -> None:
    world.pay(world.give(50_00, 1))
    world.do(goods.confirm, entered(world), "finance")
    world.do(goods.enter, world.projects[1], quilts(world, value_minor=7_00), "liaison")  # not confirmed
    early = quilts(world, received_on=local_day(world.clock.at) - timedelta(days=1))
    world.do(goods.confirm, world.do(goods.enter, world.projects[1], early, "liaison").id, "finance")

    def publish(tx: Tx) -> PublicNotice:
        return publish_result(tx, lock_campaign(tx, world.slug), "test")

    notice = world.do(publish).notice
    rows = {row["code"]: (row["total_minor"], row["goods_minor"]) for row in notice["projects"]}
    assert sorted(rows.values()) == [(0, 24_000_00), (50_00, 0)]
    assert (notice["raised_minor"], notice["total_minor"], notice["goods_minor"]) == (50_00, 50_00, 24_000_00)
    world.check()


def test_goods_wait_for_finance_of_their_branch(world: World) -> None:
    entered(world)
    queues = [
        [(line.work, line.pieces, line.amount_minor) for line in world.do(waiting, Caller("c", role, branch))]
        for role, branch in ((Role.FINANCE, "4101"), (Role.FINANCE, "4102"), (Role.LIAISON, "4101"))
    ]
    assert queues == [[(Work.GOODS, 1, None)], [], []]


def test_withdrawn_goods_stay_withdrawn(world: World) -> None:
    goods_id = entered(world)
    world.do(goods.withdraw, goods_id, "误录", "liaison")
    for act in (lambda tx: goods.confirm(tx, goods_id, "finance"), lambda tx: goods.reopen(tx, goods_id, "x", "f")):
        with pytest.raises(Conflict, match="goods_state"):
            world.do(act)
