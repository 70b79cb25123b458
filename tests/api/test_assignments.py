"""Programs take rows of desks, in the branch and with the rights of who decides them."""

from campaigns.assignments import KINDS
from campaigns.network.tokens import create_token
from tests.api.client import Api, problem
from tests.api.resources import SLUG, Resources, resources
from tests.world import World

__all__ = ["resources"]


def test_a_neighbour_finds_no_row_and_who_may_not_decide_takes_none(
    api: Api, world: World, resources: Resources
) -> None:
    token = world.do(create_token, "admin", "neighbour", branch_code="4102")
    auditor, liaison = api.token("auditor"), api.token("liaison")
    for kind in KINDS:
        row = f"/desks/{kind}/{resources.arguments[KINDS[kind].resource]}"
        for method, path in (("POST", "take"), ("POST", "release"), ("GET", "assignment")):
            body = {} if method == "POST" else None
            assert api.call(method, f"{row}/{path}", body, token).status_code == 404, (kind, path)
            for other in (auditor,) if kind == "approval" else (auditor, liaison):
                problem(api.call(method, f"{row}/{path}", body, other), 403, "not_permitted")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM desk_assignment")) == 0
    problem(api.post("/desks/questions/1/take", {}, api.token()), 404, "not_found")


def test_a_program_takes_reads_and_releases_a_row(api: Api, resources: Resources) -> None:
    row = f"/desks/receipt/{resources.arguments['receipt_id']}"
    nobody = {"assignee": "", "note": "", "assigned_at": None}
    assert api.get(f"{row}/assignment", api.token("finance")).get_json() == nobody
    taken = api.manage(f"{row}/take", {"note": "等税号"}, status=200, role="finance")
    assert (taken["note"], taken["taken_from"]) == ("等税号", "")
    over = api.manage(f"{row}/take", {}, status=200)
    assert (over["taken_from"], over["note"]) == (taken["assignee"], "")
    assert api.get(f"{row}/assignment", api.token()).get_json()["assignee"] == over["assignee"]
    for _ in range(2):
        assert api.post(f"{row}/release", {}, api.token()).status_code == 204
    assert api.get(f"{row}/assignment", api.token()).get_json() == nobody


def test_a_program_lists_the_waiting_rows_that_it_has_taken(api: Api, resources: Resources, world: World) -> None:
    own, other = api.token("admin"), world.do(create_token, "admin", "other")
    ids = {kind: resources.arguments[KINDS[kind].resource] for kind in ("case", "question")}
    for kind, row_id in ids.items():
        assert api.post(f"/desks/{kind}/{row_id}/take", {"note": "等回话"}, own).status_code == 200
    rows = api.get("/desks/own", own).get_json()
    assert {row["kind"]: row["row_id"] for row in rows} == ids
    assert {row["kind"]: (row["note"], row["slug"]) for row in rows} == {
        "case": ("等回话", SLUG),
        "question": ("等回话", ""),
    }
    assert api.get("/desks/own", other).get_json() == []
    assert api.post(f"/desks/question/{ids['question']}/release", {}, own).status_code == 204
    assert [row["kind"] for row in api.get("/desks/own", own).get_json()] == ["case"]
    problem(api.call("GET", "/desks/own", None, api.token("auditor")), 403, "not_permitted")
