"""Awards: criteria stand before the end, the books decide, what is published is frozen."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy.exc import ProgrammingError

from campaigns.awards import awards
from campaigns.awards.awards import NewAward
from campaigns.awards.figures import figures
from campaigns.donations.donors.contact import Donor
from campaigns.lifecycle.campaign import find_campaign
from campaigns.projects.place_totals import by_place
from kernel.db import Tx
from kernel.errors import Conflict, Invalid
from tests.world import ACTOR, World


def campaign_id(tx: Tx, world: World) -> int:
    return find_campaign(tx, world.slug).id or 0


def add(world: World, **other: object) -> int:
    new = NewAward("爱心乡镇", "township", "donors")._replace(**other)  # type: ignore[arg-type]
    award_id: int = world.do(awards.add, world.slug, new, ACTOR).id
    return award_id


def in_notice(world: World) -> None:
    """The campaign's result is published; how a campaign gets there is tested elsewhere."""
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'notice' WHERE slug = :slug", slug=world.slug))


def computed(world: World) -> list[list[tuple[int, str]]]:
    shown = world.do(lambda tx: awards.computed(tx, campaign_id(tx, world)))
    return [[(row["place"], row["code"]) for row in award["winners"]] for award in shown]


def give(world: World, amount_minor: int, project: int, email: str, minutes: int = 0) -> None:
    donation = world.give(amount_minor, project, donor=Donor(email=email))
    world.pay(donation, world.clock.at + timedelta(minutes=minutes))


def test_the_books_decide_by_each_criterion(world: World) -> None:
    world.pot(100_00)
    add(world)
    add(world, name="筹款", among="county", criterion="raised", places=2)
    add(world, name="最快", among="village", criterion="fastest", mark_minor=60_00, places=3)
    add(world, name="合计", among="project", criterion="total")
    give(world, 50_00, 0, "a@example.org", 1)
    give(world, 30_00, 1, "a@example.org", 2)
    give(world, 10_00, 2, "a@example.org", 3)
    give(world, 10_00, 2, "b@example.org", 4)
    give(world, 45_00, 2, "c@example.org", 5)
    give(world, 10_00, 0, "d@example.org", 6)
    by_code = world.do(lambda tx: dict(tx.rows("SELECT organisation_code, code FROM project")))
    assert computed(world) == [
        [(1, "410201")],  # three donors; two in 410101
        [(1, "4101"), (2, "4102")],
        [(1, "41020101"), (2, "41010101")],
        [(1, by_code["41010101"])],  # 60, and matched first
    ]
    for level in ("county", "township", "village"):
        rows = world.do(lambda tx, level=level: figures(tx, campaign_id(tx, world), level))
        books = world.do(lambda tx, level=level: by_place(tx, campaign_id(tx, world), level))
        assert {(row.code, row.name, row.raised_minor, row.matched_minor) for row in rows} == {
            (row.code, row.name, row.raised_minor, row.matched_minor) for row in books
        }


def test_a_refund_takes_a_winner_away(world: World) -> None:
    add(world, among="village", criterion="raised")
    donation = world.pay(world.give(90_00, 0))
    give(world, 50_00, 1, "b@example.org")
    assert computed(world) == [[(1, "41010101")]]
    world.refund(donation, 60_00)
    assert computed(world) == [[(1, "41010102")]]


def test_only_approved_teams_win(world: World) -> None:
    add(world, among="team", criterion="donations")
    world.pay(world.give(90_00, 0, team="没批准"))
    assert computed(world) == [[]]
    world.team("一队")
    world.pay(world.give(10_00, 0, team="一队", id=uuid4()))
    assert computed(world) == [[(1, "一队")]]


def test_published_awards_are_corrected_only_with_a_reason(world: World) -> None:
    add(world, among="village", criterion="raised")
    donation = world.pay(world.give(90_00, 0))
    give(world, 50_00, 1, "b@example.org")
    with pytest.raises(Conflict, match="award_early"):
        world.do(awards.publish, world.slug, "", ACTOR)
    in_notice(world)
    first = world.do(awards.publish, world.slug, "", ACTOR)
    winner = first.awards[0]["winners"][0]
    assert (first.version, winner["name"], winner["raised_minor"], winner["offline_minor"]) == (
        1,
        "蒿坪村",
        90_00,
        0,
    )
    with pytest.raises(Invalid, match="reason_invalid"):
        world.do(awards.publish, world.slug, "", ACTOR)
    with pytest.raises(Conflict, match="award_unchanged"):
        world.do(awards.publish, world.slug, "核对", ACTOR)
    world.refund(donation, 60_00)
    second = world.do(awards.publish, world.slug, "退款", ACTOR)
    assert (second.version, second.awards[0]["winners"][0]["name"]) == (2, "黄石砭村")
    held = world.do(lambda tx: awards.publications_of(tx, campaign_id(tx, world)))
    assert [(row.version, row.awards_hash) for row in held] == [(2, second.awards_hash), (1, first.awards_hash)]
    with pytest.raises(ProgrammingError, match="append-only"):
        world.do(lambda tx: tx.run("UPDATE award_publication SET reason = 'x' WHERE version = 2"))


def test_criteria_are_fixed_when_the_campaign_ends(world: World) -> None:
    award_id = add(world)
    world.clock.at += timedelta(hours=9)
    with pytest.raises(Conflict, match="award_too_late"):
        add(world, name="另一个")
    with pytest.raises(Conflict, match="award_too_late"):
        world.do(awards.remove, world.slug, award_id, "x", ACTOR)
    in_notice(world)
    assert world.do(awards.publish, world.slug, "", ACTOR).awards[0]["winners"] == []


@pytest.mark.parametrize(
    ("other", "field", "code"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "爱心乡镇"}, "name", "taken"),
        ({"among": "donor"}, "among", "not_one_of"),
        ({"criterion": "rich"}, "criterion", "not_one_of"),
        ({"tie": "coin"}, "tie", "not_one_of"),
        ({"places": 0}, "places", "out_of_range"),
        ({"criterion": "fastest"}, "mark_minor", "amount_not_positive"),
        ({"mark_minor": 5}, "mark_minor", "not_for_criterion"),
    ],
)
def test_bad_awards_are_refused(world: World, other: dict[str, object], field: str, code: str) -> None:
    add(world)
    with pytest.raises(Invalid) as refused:
        add(world, **({"name": "第二个"} | other))
    assert refused.value.code == "award_invalid" and refused.value.fields[field].code == code
