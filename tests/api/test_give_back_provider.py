"""All gifts of one provider are marked as given back together: only its own, once, in parts, in the books too."""

import pytest
from sqlalchemy import event

from campaigns.audit import entries_of
from campaigns.closing.cancel import cancel
from campaigns.closing.give_back import (
    ProviderGifts,
    gifts_by_provider,
    mark_provider_given_back,
    next_of_provider,
)
from campaigns.network.tokens import create_token
from kernel.errors import Conflict, Invalid
from payments.partners.partners import create as create_partner
from tests.api.client import Api, problem
from tests.closing.partner import tell
from tests.world import ACTOR, SLUG, World

WHY = "平台来函，已全部退回"
LEZHU = "partner:lezhu"
PATH = f"/campaigns/{SLUG}/cancellation/given-back"


@pytest.fixture
def cancelled(world: World) -> World:
    """Three gifts of one platform, one of another, and one of our own whose refund was refused."""
    world.pot(500_00)
    for partner in ("lezhu", "tenga"):
        world.do(create_partner, world.deps.keys, partner, partner)
    for number, amount_minor in ((1, 10_00), (2, 20_00), (3, 30_00)):
        tell(world, "lezhu", f"L-{number}", amount_minor)
    tell(world, "tenga", "T-1", 40_00)
    world.settle()
    world.pay(world.give(50_00))
    world.do(cancel, SLUG, "暴雨", ACTOR)
    world.close()
    world.do(lambda tx: tx.run("UPDATE refund SET state = 'refused'"))
    return world


def left(world: World) -> dict[str, tuple[int, int]]:
    campaign_id = world.do(lambda tx: tx.scalar("SELECT id FROM campaign WHERE slug = :slug", slug=SLUG))
    return {row.provider: (row.donations, row.left_minor) for row in world.do(gifts_by_provider, campaign_id)}


def test_only_the_gifts_of_one_provider_are_marked_once(cancelled: World, api: Api) -> None:
    world = cancelled
    assert left(world) == {LEZHU: (3, 60_00), "partner:tenga": (1, 40_00)}
    listed = api.manage(f"/campaigns/{SLUG}/cancellation/sources", status=200, method="GET")
    assert [(row["provider"], row["donations"], row["left_minor"]) for row in listed] == [
        (LEZHU, 3, 60_00),
        ("partner:tenga", 1, 40_00),
    ]
    body = {"provider": LEZHU, "reason": WHY}
    problem(api.post(PATH, body, api.token("reviewer")), 403, "not_permitted")
    county = world.do(create_token, "admin", "county", branch_code="4101")
    problem(api.post(PATH, body, county), 404, "campaign_unknown")
    problem(api.post(PATH, body | {"reason": ""}, api.token("finance")), 422, "reason_missing")
    done = api.manage(PATH, body, 200, role="finance")
    assert (done["donations"], done["amount_minor"], done["left"]) == (3, 60_00, 0)
    assert left(world) == {"partner:tenga": (1, 40_00)}
    problem(api.post(PATH, body, api.token("finance")), 409, "nothing_to_give_back")
    problem(api.post(PATH, body | {"provider": "stripe"}, api.token("finance")), 409, "nothing_to_give_back")
    campaign_id = world.do(lambda tx: tx.scalar("SELECT id FROM campaign"))
    (entry,) = [
        each for each in world.do(entries_of, f"campaign:{campaign_id}") if each.action == "donations.given_back"
    ]
    assert entry.detail == {"provider": LEZHU, "donations": 3, "left_minor": 60_00, "reason": WHY}
    world.check()


def test_a_refund_that_the_platform_reports_later_is_the_same_one(cancelled: World) -> None:
    world = cancelled
    world.do(mark_provider_given_back, world.deps, SLUG, world.do(next_of_provider, SLUG, LEZHU), WHY, ACTOR)
    before = world.totals()
    tell(world, "lezhu", "L-2", 20_00, kind="refunded")
    world.settle()
    assert world.totals() == before
    returned = world.do(
        lambda tx: tx.scalar("SELECT sum(refunded_minor) FROM donation WHERE provider = :lezhu", lezhu=LEZHU)
    )
    assert returned == 60_00
    world.check()


def test_many_gifts_are_marked_in_parts(cancelled: World) -> None:
    world = cancelled
    counts = []
    for _ in range(2):
        part = world.do(next_of_provider, SLUG, LEZHU, 2)
        rest = world.do(mark_provider_given_back, world.deps, SLUG, part, WHY, ACTOR)
        counts.append((part.donations, rest))
    assert counts == [(2, 1), (1, 0)]
    with pytest.raises(Conflict, match="nothing_to_give_back"):
        world.do(next_of_provider, SLUG, LEZHU, 2)
    world.check()


def test_a_part_is_written_with_the_same_statements_however_many_gifts_it_has(cancelled: World) -> None:
    counts = []
    for most in (1, 2):
        part = cancelled.do(next_of_provider, SLUG, LEZHU, most)
        sent: list[str] = []
        with cancelled.db.transaction() as tx:
            event.listen(
                tx.session.connection(), "before_cursor_execute", lambda *call, sent=sent: sent.append(call[2])
            )
            mark_provider_given_back(tx, cancelled.deps, SLUG, part, WHY, ACTOR)
        counts.append(len(sent))
    assert counts[1] <= counts[0]
    cancelled.check()


def test_gifts_that_changed_since_they_were_shown_are_not_marked(cancelled: World) -> None:
    world = cancelled
    shown: ProviderGifts = world.do(next_of_provider, SLUG, LEZHU)
    tell(world, "lezhu", "L-1", 10_00, kind="refunded")
    world.settle()
    with pytest.raises(Conflict, match="to_give_back_changed"):
        world.do(mark_provider_given_back, world.deps, SLUG, shown, WHY, ACTOR)
    with pytest.raises(Invalid, match="reason_missing"):
        world.do(mark_provider_given_back, world.deps, SLUG, shown, "", ACTOR)
    assert left(world)[LEZHU] == (2, 50_00)


def test_a_campaign_that_is_not_cancelled_has_nothing_to_give_back(world: World) -> None:
    world.do(create_partner, world.deps.keys, "lezhu", "lezhu")
    tell(world, "lezhu", "L-1", 10_00)
    world.settle()
    with pytest.raises(Conflict, match="nothing_to_give_back"):
        world.do(next_of_provider, SLUG, LEZHU)
