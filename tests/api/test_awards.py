"""Awards by API: criteria, who would win, what was published."""

from tests.api.client import Api, problem
from tests.awards.test_awards import give, in_notice
from tests.world import SLUG, World


def test_a_program_sets_criteria_and_publishes(api: Api, world: World) -> None:
    body = {"name": "爱心县", "among": "county", "criterion": "raised"}
    award = api.manage(f"/campaigns/{SLUG}/awards", body)
    assert (award["places"], award["tie"], award["mark_minor"]) == (1, "earlier", None)
    other = api.manage(f"/campaigns/{SLUG}/awards", body | {"name": "第二个"})
    address = f"/campaigns/{SLUG}/awards/{other['id']}/remove"
    assert api.post(address, {}, api.token()).status_code == 204
    assert [row["name"] for row in api.get(f"/campaigns/{SLUG}/awards", api.token()).get_json()] == ["爱心县"]
    problem(api.post(address, {}, api.token()), 404, "award_unknown")
    give(world, 70_00, 1, "a@example.org")
    standings = api.get(f"/campaigns/{SLUG}/award-standings", api.token()).get_json()
    assert [(row["place"], row["name"], row["total_minor"]) for row in standings[0]["winners"]] == [
        (1, "栾川县", 70_00)
    ]
    problem(api.post(f"/campaigns/{SLUG}/award-publications", {}, api.token()), 409, "award_early")
    in_notice(world)
    assert api.manage(f"/campaigns/{SLUG}/award-publications", {})["awards"] == standings
    assert [row["version"] for row in api.get(f"/campaigns/{SLUG}/award-publications").get_json()] == [1]
    problem(api.post(f"/campaigns/{SLUG}/awards", body, api.token()), 409, "award_too_late")
