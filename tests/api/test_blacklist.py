"""The blacklist over HTTP."""

from datetime import timedelta

from tests.api.client import Api, problem
from tests.world import World


def test_a_project_is_listed_objects_is_answered_and_lifted(api: Api, world: World) -> None:
    path = f"/projects/{world.projects[0]}/blacklist"
    assert api.manage(path, status=200, method="GET", role="auditor") == []
    until = (world.clock.at + timedelta(days=30)).isoformat()
    listed = api.manage(path, {"reason": "虚构受益人", "until": until}, 200, role="reviewer")
    assert (listed["reason"], listed["due"], listed["lifted_at"]) == ("虚构受益人", False, None)
    problem(api.post("/donations", api.command()), 409, "project_not_in_campaign")
    assert [row["project"] for row in api.manage("/blacklist", status=200, method="GET")] == [world.projects[0]]
    objected = api.manage(f"{path}/appeal", {"text": "名单有误"}, 200, role="liaison")
    assert objected["appeal"] == "名单有误"
    answered = api.manage(f"{path}/answer", {"reason": "属实", "lift": True}, 200)
    assert (answered["answer"], answered["lift_reason"]) == ("属实", "属实")
    assert api.manage(f"/projects/{world.projects[0]}", status=200, method="GET")["status"] == "suspended"
    assert api.manage("/blacklist", status=200, method="GET") == []
    api.manage(f"/projects/{world.projects[0]}/resume", {"reason": "恢复筹款"}, 200)
    api.give(50_00)
    world.check()


def test_bad_listings_change_nothing(api: Api, world: World) -> None:
    path = f"/projects/{world.projects[0]}/blacklist"
    past = (world.clock.at - timedelta(days=1)).isoformat()
    problem(api.post(path, {"reason": "x", "until": past}, api.token()), 422, "term_invalid")
    problem(api.post(path, {"reason": "x", "until": "tomorrow"}, api.token()), 422, "validation_failed")
    problem(api.post(path, {"reason": " "}, api.token()), 422, "reason_invalid")
    problem(api.post(path, {}, api.token()), 422, "validation_failed")
    problem(api.post(path, {"reason": "x"}, api.token("liaison")), 403, "not_permitted")
    problem(api.post(path, {"reason": "x"}), 401, "token_missing")
    problem(api.post("/projects/99999/blacklist", {"reason": "x"}, api.token()), 404, "project_unknown")
    problem(api.get("/projects/99999/blacklist", api.token()), 404, "project_unknown")
    for verb, body in (("lift", {"reason": "x"}), ("answer", {"reason": "x"}), ("appeal", {"text": "x"})):
        problem(api.post(f"{path}/{verb}", body, api.token()), 409, "project_state")
    assert api.manage("/blacklist", status=200, method="GET") == []


def test_a_case_puts_its_project_on_the_list(api: Api, world: World) -> None:
    problem(api.post("/cases/99999/blacklist-project", {"reason": "x"}, api.token()), 404, "case_unknown")
