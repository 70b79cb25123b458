"""Thresholds of screening over HTTP."""

from typing import Any

import pytest

from tests.api.client import Api, problem
from tests.world import World


def values(response: dict[str, Any]) -> dict[str, int]:
    return {setting["name"]: setting["value"] for setting in response["settings"]}


def test_thresholds_are_seen_with_what_they_may_be(api: Api, world: World) -> None:
    seen = api.manage("/campaigns/day/screening", status=200, method="GET", role="auditor")
    assert (seen["campaign"], seen["currency"]) == ("day", "CNY")
    small = seen["settings"][0]
    assert small == {
        "name": "small_minor",
        "value": 10_00,
        "default": 10_00,
        "least": 1,
        "most": 50_000_00,
        "changed_at": None,
        "actor": "",
    }


def test_thresholds_are_changed_partly_and_put_back(api: Api, world: World) -> None:
    path = "/campaigns/day/screening"
    changed = api.manage(path, {"small_count": 12, "unit_count": 90}, 200, method="PATCH")
    assert (values(changed)["small_count"], values(changed)["unit_count"]) == (12, 90)
    assert {setting["name"]: setting["actor"] for setting in changed["settings"] if setting["changed_at"]} == {
        "small_count": "token:test admin",
        "unit_count": "token:test admin",
    }
    again = api.manage(path, {"small_count": None}, 200, method="PATCH")
    assert (values(again)["small_count"], values(again)["unit_count"]) == (30, 90)
    assert values(api.manage(f"{path}/reset", status=200))["unit_count"] == 1_500
    assert api.manage(path, {}, 200, method="PATCH") == api.manage(path, status=200, method="GET")


@pytest.mark.parametrize("value", ["3", 3.5, True, [], {}])
def test_a_threshold_that_is_not_a_whole_number_is_refused(api: Api, world: World, value: Any) -> None:
    body = problem(
        api.call("PATCH", "/campaigns/day/screening", {"small_count": value}, api.token()), 422, "validation_failed"
    )
    assert set(body["errors"]) == {"small_count"}


def test_bad_settings_change_nothing(api: Api, world: World) -> None:
    path = "/campaigns/day/screening"
    bad = {"small_count": 1, "unit_share_bps": 20_000, "refund_count": 7, "small_minor": 10**18}
    body = problem(api.call("PATCH", path, bad, api.token()), 422, "screening_invalid")
    assert set(body["errors"]) == {"small_count", "unit_share_bps", "small_minor"}
    problem(api.call("PATCH", path, {"mood": 3}, api.token()), 422, "validation_failed")
    problem(api.call("PATCH", path, {"small_count": 3}, api.token("auditor")), 403, "not_permitted")
    problem(api.call("PATCH", path, {"small_count": 3}), 401, "token_missing")
    problem(api.post(f"{path}/reset", None, api.token("auditor")), 403, "not_permitted")
    problem(api.call("PATCH", "/campaigns/nowhere/screening", {}, api.token()), 404, "campaign_unknown")
    problem(api.get("/campaigns/nowhere/screening", api.token()), 404, "campaign_unknown")
    assert values(api.manage(path, status=200, method="GET"))["refund_count"] == 5


def test_the_api_description_states_the_bounds(api: Api) -> None:
    described = api.http.get("/api/openapi.json").get_json()["components"]["schemas"]["ScreeningSettingsIn"]
    assert described["properties"]["small_count"]["minimum"] == 2
    assert described["properties"]["small_count"]["maximum"] == 1_000
