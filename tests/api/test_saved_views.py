"""Programs keep filters for the person behind their token."""

from tests.api.client import Api, problem


def test_a_program_keeps_and_lists_views(api: Api) -> None:
    body = {"page": "donations", "name": "web", "filters": {"channel": "web"}, "shared": True}
    made = api.manage("/saved-views", body)
    assert made["filters"] == {"channel": "web"}
    assert [row["id"] for row in api.get("/saved-views", api.token("auditor")).get_json()] == [made["id"]]
    problem(api.post("/saved-views", {**body, "filters": {"donor": "key"}}, api.token()), 422, "validation_failed")
