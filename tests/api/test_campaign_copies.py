"""Programs copy campaigns of their own branch, after a look."""

from datetime import timedelta

from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.tokens import create_token
from tests.api.client import Api, problem
from tests.world import World


def test_a_program_copies_a_campaign_of_its_branch(api: Api, world: World) -> None:
    world.pot(300_00)
    path = f"/campaigns/{world.slug}/copies"
    opens_at = world.do(find_campaign, world.slug).opens_at + timedelta(days=365)
    body = {"slug": "next", "name": "next year", "opens_at": opens_at.isoformat()}
    preview = api.post(path, {**body, "preview": True}, api.token())
    assert (preview.status_code, preview.get_json()["pots"]) == (200, 1)
    assert api.get("/campaigns/next", api.token()).status_code == 404
    made = api.manage(path, body)
    assert (made["phase"], made["entries"], made["funded_minor"]) == ("draft", 3, 300_00)
    problem(api.post(path, body, api.token()), 409, "slug_used")
    county = world.do(create_token, "manager", "county", branch_code="4101")
    problem(api.post(path, {**body, "slug": "other"}, county), 404, "campaign_unknown")
    world.check()
