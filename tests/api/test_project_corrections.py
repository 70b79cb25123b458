"""Programs correct the project of a donation: shown before, with consent, within the own branch."""

from campaigns.network.tokens import create_token
from kernel.clock import local_day
from tests.api.approvals import LIMIT, app, ask, decide, paid, second
from tests.api.client import Api, problem
from tests.world import World

__all__ = ["app", "second"]


def test_programs_preview_and_correct(api: Api, world: World) -> None:
    world.pot(1_000_00)
    donation = paid(world, LIMIT)
    path = f"/donations/{donation.id}/project-corrections"
    body = {
        "project": world.projects[2],
        "consent": "email",
        "consented_on": local_day(world.clock.at).isoformat(),
        "reason": "other village",
    }
    preview = api.post(path, {**body, "preview": True}, api.token())
    assert (preview.status_code, preview.get_json()["match_after_minor"]) == (200, 100_00)
    assert world.view(donation).project_id == world.projects[0]
    made = api.manage(path, body)
    assert (made["from_project"], made["to_project"], made["number"]) == (world.projects[0], world.projects[2], 1)
    assert [row["id"] for row in api.get(path, api.token()).get_json()] == [made["id"]]
    problem(api.post(path, {**body, "project": 99}, api.token()), 404, "project_unknown")
    problem(api.post(path, {**body, "consent": "dream"}, api.token()), 422, "validation_failed")
    county = world.do(create_token, "finance", "county", branch_code="4102")
    problem(api.post(path, {**body, "project": world.projects[0]}, county), 403, "not_permitted")
    problem(api.post(path, body, world.do(create_token, "reviewer", "other")), 403, "not_permitted")
    story = api.get(f"/donations/{donation.id}/explanation", api.token()).get_json()
    assert [row["match_after_minor"] for row in story["corrections"]] == [100_00]


def test_above_the_limit_a_second_person_approves(api: Api, world: World, second: str) -> None:
    donation = paid(world, LIMIT + 1)
    day = local_day(world.clock.at).isoformat()
    body = {"project": world.projects[1], "consent": "letter", "consented_on": day, "reason": "wrong village"}
    approval = ask(api, f"/donations/{donation.id}/project-corrections", body)
    assert f"（{world.projects[1]} 号）" in approval["text"]
    assert world.view(donation).project_id == world.projects[0]
    assert decide(api, approval, second).status_code == 200
    assert world.view(donation).project_id == world.projects[1]
