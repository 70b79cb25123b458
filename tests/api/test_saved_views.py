"""Programs keep filters for the person behind their token."""

from tests.api.client import Api, problem


def test_a_program_keeps_and_lists_views(api: Api) -> None:
    body = {"page": "donations", "name": "web", "filters": {"channel": "web"}, "shared": True}
    made = api.manage("/saved-views", body)
    assert made["filters"] == {"channel": "web"}
    assert [row["id"] for row in api.get("/saved-views", api.token("auditor")).get_json()] == [made["id"]]
    problem(api.post("/saved-views", {**body, "filters": {"donor": "key"}}, api.token()), 422, "validation_failed")


def test_a_program_deletes_its_own_views_and_no_others(api: Api) -> None:
    made = api.manage(
        "/saved-views", {"page": "donations", "name": "web", "filters": {"channel": "web"}, "shared": True}
    )
    address = f"/saved-views/{made['id']}/delete"
    problem(api.post(address, {}, api.token("auditor")), 404, "view_unknown")
    assert api.post(address, {}, api.token()).status_code == 204
    assert api.get("/saved-views", api.token()).get_json() == []
