"""Programs merge nodes of their own branch, after a look."""

from campaigns.network import tree
from campaigns.network.tokens import create_token
from tests.api.client import Api, problem
from tests.world import World


def test_a_node_is_merged_by_a_program_whose_branch_holds_both(api: Api, world: World) -> None:
    world.do(tree.add, "410101", "41010198", "旧村", "test")
    body = {"into": "41010101", "reason": "united"}
    path = "/organisations/41010198/merge"
    village = world.do(create_token, "admin", "village", branch_code="41010198")
    problem(api.post(path, body, village), 403, "not_permitted")
    county = world.do(create_token, "admin", "county", branch_code="4102")
    problem(api.post(path, body, county), 404, "organisation_unknown")
    problem(
        api.post(path, {**body, "into": "41020101"}, world.do(create_token, "admin", "c", branch_code="4101")),
        403,
        "not_permitted",
    )
    assert api.manage(path, {**body, "preview": True}, 200)["projects"] == 0
    assert api.get("/organisations/41010198", api.token()).get_json()["closed_at"] is None
    api.manage(path, body, 200)
    assert api.get("/organisations/41010198", api.token()).get_json()["merged_into"] == "41010101"
    problem(api.post(path, body, api.token()), 409, "node_merged")
