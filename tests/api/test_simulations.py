"""Programs try a day of donations, with rules as they are and as they might be, and look at the live desk."""

from campaigns.network.tokens import create_token
from tests.api.client import Api, problem
from tests.world import World


def test_a_day_is_tried_with_changed_rules_beside(api: Api, world: World) -> None:
    pot = world.pot(100_00)
    code = world.do(lambda tx: tx.scalar("SELECT code FROM project WHERE id = :id", id=world.projects[0]))
    gift = {"at": world.clock.at.isoformat(), "amount_minor": 60_00, "project": code}
    change = {"pot": pot, "rules": {"ratio_bps": 5_000}, "added_minor": 10_00}
    path = f"/campaigns/{world.slug}/simulations"
    made = api.manage(path, {"gifts": [gift, gift, gift], "changes": [change]}, 200)
    assert (made["now"]["matched_minor"], made["now"]["unmatched"]) == (100_00, 1)
    assert made["now"]["pots"][0]["dry_at"] is not None
    last = made["now"]["matches"][2]
    assert (last["project"], last["amount_minor"], last["matched_minor"], last["short"]) == (code, 60_00, 0, True)
    assert (made["changed"]["matched_minor"], made["changed"]["pots"][0]["left_minor"]) == (90_00, 20_00)
    assert made["comparison"] == {"more": 1, "less": 2, "delta_minor": -10_00}
    assert api.manage(path, {"count": 50}, 200)["now"]["gifts"] == 50
    problem(api.post(path, {"gifts": [{**gift, "project": "none"}]}, api.token()), 422, "simulation_invalid")
    problem(api.post(path, {"changes": [{"pot": 99}]}, api.token()), 404, "pot_unknown")
    problem(api.post(path, {}, world.do(create_token, "reviewer", "other")), 403, "not_permitted")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM donation")) == 0


def test_the_live_desk_shows_a_branch_its_own(api: Api, world: World) -> None:
    pot = world.pot(1_000_00)
    world.pay(world.give(100_00))
    path = f"/campaigns/{world.slug}/live-desk"
    desk = api.get(path, api.token()).get_json()
    assert (len(desk["minutes"]), sum(minute["given_minor"] for minute in desk["minutes"])) == (30, 100_00)
    (pace,) = desk["pots"]
    assert (pace["pot"], pace["given_minor"], pace["dry_at"] is not None) == (pot, 100_00, True)
    county = world.do(create_token, "manager", "county", branch_code="4102")
    assert sum(minute["paid"] for minute in api.get(path, county).get_json()["minutes"]) == 0
