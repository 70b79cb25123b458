"""Programs keep filters for the person behind their token."""

import pytest

from tests.api.client import Api, problem


def test_a_program_keeps_and_lists_views(api: Api) -> None:
    body = {"page": "donations", "name": "web", "filters": {"channel": "web"}, "shared": True}
    made = api.manage("/saved-views", body)
    assert made["filters"] == {"channel": "web"}
    assert [row["id"] for row in api.get("/saved-views", api.token("auditor")).get_json()] == [made["id"]]
    problem(api.post("/saved-views", {**body, "filters": {"donor": "key"}}, api.token()), 422, "validation_failed")


@pytest.mark.parametrize(
    ("page", "filters"),
    [
        ("projects", {"q": "桥"}),
        ("cases", {"state": "open"}),
        ("differences", {"state": "open"}),
        ("messages", {"queue": "open", "source": "stripe"}),
        ("refund_requests", {"state": "open"}),
    ],
)
def test_every_list_has_views_of_its_own_filters(api: Api, page: str, filters: dict[str, str]) -> None:
    body = {"page": page, "name": "mine", "filters": filters}
    assert api.manage("/saved-views", body)["filters"] == filters
    assert [row["page"] for row in api.get(f"/saved-views?page={page}", api.token()).get_json()] == [page]
    assert api.get("/saved-views", api.token()).get_json() == []
    problem(api.post("/saved-views", {**body, "filters": {"channel": "web"}}, api.token()), 422, "view_invalid")


def test_views_follow_the_rights_of_their_list(api: Api) -> None:
    body = {"page": "refund_requests", "name": "open", "filters": {"state": "open"}, "shared": True}
    api.manage("/saved-views", body)
    liaison = api.token("liaison")
    problem(api.post("/saved-views", body, liaison), 403, "not_permitted")
    problem(api.get("/saved-views?page=refund_requests", liaison), 403, "not_permitted")


def test_a_program_deletes_its_own_views_and_no_others(api: Api) -> None:
    made = api.manage(
        "/saved-views", {"page": "donations", "name": "web", "filters": {"channel": "web"}, "shared": True}
    )
    address = f"/saved-views/{made['id']}/delete"
    problem(api.post(address, {}, api.token("auditor")), 404, "view_unknown")
    assert api.post(address, {}, api.token()).status_code == 204
    assert api.get("/saved-views", api.token()).get_json() == []
