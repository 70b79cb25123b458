"""A giving day made by a program, from the fund to the books, through the API alone."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.client import Api, Json, problem
from tests.plans import complete_plan
from tests.world import VILLAGES


def campaign(api: Api, **other: Any) -> Json:
    now = api.world.clock.at
    times = {"opens_at": (now - timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(days=3)).isoformat()}
    return {"slug": "spring", "name": "春日公益", "host": "41", **times, "plan": complete_plan()} | other


def project(api: Api, **other: Any) -> Json:
    body = {"organisation": VILLAGES[1], "name": "幸福家园", "tier": "micro", "summary": "午餐"}
    return body | {"target_minor": 30_000_00, "currency": "CNY"} | other


def approved(api: Api) -> int:
    made = api.manage("/projects", project(api), role="liaison")
    api.manage(f"/projects/{made['id']}/submit", status=200, role="liaison")
    done = api.manage(f"/projects/{made['id']}/approve", status=200, role="reviewer")
    assert done["status"] == "approved"
    return int(made["id"])


def pot(fund: int, **other: Any) -> Json:
    body = {"campaign": "spring", "fund": fund, "name": "一比一", "rank": 1, "kind": "ratio", "mode": "reserve"}
    rules = {"ratio_bps": 10_000, "scope": {"under": ["4101"]}, "caps": {"donation_minor": 50_00}}
    return body | {"rules": rules, "tranches": []} | other


def test_a_whole_giving_day(api: Api) -> None:
    fund = api.manage("/funds", {"name": "乡村基金", "kind": "rural"}, role="finance")
    money = {"amount_minor": 5_000_00, "currency": "CNY", "reference": "bank-77"}
    path = f"/funds/{fund['id']}/deposits"
    shown = api.manage(f"{path}/preview", money, status=200, role="finance")
    assert (shown["fresh"], shown["before_minor"], shown["balance_minor"]) == (True, 0, 5_000_00)
    assert api.manage(path, money, role="finance")["balance_minor"] == 5_000_00
    assert api.manage(path, money, status=200, role="finance")["balance_minor"] == 5_000_00
    problem(api.post(path, money | {"amount_minor": 1}, api.token("finance")), 409, "deposit_reused")
    shown = api.manage(f"{path}/preview", money | {"reference": "BANK 77"}, status=200, role="finance")
    assert [each["why"] for each in shown["alike"]] == ["same_day"]
    shown = api.manage(f"{path}/preview", money | {"reference": "Bank -77"}, status=200, role="finance")
    assert (shown["fresh"], shown["alike"]) == (False, []), "it is the same deposit"

    made = api.manage("/campaigns", campaign(api), role="manager")
    assert (made["phase"], made["legal"]["filing_no"]) == ("draft", "the filing_no")
    village = approved(api)
    api.manage("/campaigns/spring/entries", {"project": village}, role="manager")
    opens = [{"opens_at": api.world.clock.at.isoformat(), "amount_minor": 1_000_00}]
    held = api.manage("/pots", pot(fund["id"], tranches=opens), role="manager")
    assert (held["funded_minor"], held["available_minor"], held["rules_version"]) == (1_000_00, 1_000_00, 1)
    assert api.get(f"/funds/{fund['id']}", api.token()).get_json()["balance_minor"] == 4_000_00

    problem(api.get("/campaigns/spring"), 404, "campaign_unknown")
    assert api.manage("/campaigns/spring/schedule", status=200, role="manager")["phase"] == "open"
    donation = api.give(80_00, campaign="spring", project=village)
    assert donation["match"]["reserved_minor"] == 50_00
    seen = api.get("/campaigns/spring").get_json()
    assert seen["pots"][0]["reserved_minor"] == 50_00
    assert seen["totals"] == {
        "donations": 0,
        "donors": 0,
        "raised_minor": 0,
        "matched_minor": 0,
        "currency": "CNY",
    }
    api.world.check()


def test_pots_change_with_versions_and_money(api: Api) -> None:
    fund = api.manage("/funds", {"name": "基金", "kind": "special"})["id"]
    api.manage(f"/funds/{fund}/deposits", {"amount_minor": 100_00, "currency": "CNY", "reference": "r"})
    api.manage("/campaigns", campaign(api))
    made = api.manage("/pots", pot(fund))
    path = f"/pots/{made['id']}"
    assert api.manage(f"{path}/top-ups", {"amount_minor": 60_00})["available_minor"] == 60_00
    refusal = problem(api.post(f"{path}/top-ups", {"amount_minor": 40_01}, api.token()), 409, "fund_short")
    assert refusal["available_minor"] == 40_00
    assert api.manage(f"{path}/reductions", {"amount_minor": 10_00})["funded_minor"] == 50_00
    problem(api.post(f"{path}/reductions", {"amount_minor": 50_01}, api.token()), 409, "pot_short")
    now = api.manage(f"{path}/rules", {"rules": {"ratio_bps": 5_000}})
    assert (now["rules_version"], now["rules"]["ratio_bps"]) == (2, 5_000)
    past = (api.world.clock.at - timedelta(seconds=1)).isoformat()
    late = {"rules": {"ratio_bps": 1}, "valid_from": past}
    problem(api.post(f"{path}/rules", late, api.token()), 422, "rules_in_the_past")
    assert [row["id"] for row in api.get("/pots?campaign=spring", api.token()).get_json()] == [made["id"]]
    api.world.check()


def test_a_pot_without_a_mode_matches_as_its_kind_usually_does(api: Api) -> None:
    api.manage("/campaigns", campaign(api))
    drawn = {"ratio_bps": 10_000, "random": {"least_bps": 1}}
    for kind, rules, mode in (("ratio", {"ratio_bps": 10_000}, "reserve"), ("random", drawn, "payment")):
        body = pot(api.world.fund, kind=kind, rules=rules, name=kind)
        del body["mode"]
        assert api.manage("/pots", body)["mode"] == mode


def test_a_random_pot_needs_its_ratio_only_a_challenge_one_of_two_goals(api: Api) -> None:
    api.manage("/campaigns", campaign(api))
    rules = {"ratio_bps": 10_000}
    made = api.manage("/pots", pot(api.world.fund, kind="random", mode="payment", rules=rules))
    assert made["rules"]["random"] == {"least_bps": 0}
    for goal in ({}, {"challenge": {}}):
        response = api.post("/pots", pot(api.world.fund, kind="challenge", rules=rules | goal), api.token())
        missing = problem(response, 422, "rules_invalid")["fields"]["rules.challenge"]
        assert missing == {"code": "goal_missing", "one_of": ["donors", "raised_minor"]}


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"ratio_bps": 0}, "rules.ratio_bps"),
        ({"ratio_bps": 10_000, "scope": {"under": ["nowhere"]}}, "rules.scope.under"),
        ({"ratio_bps": 10_000, "scope": {"levels": ["moon"]}}, "rules.scope.levels.0"),
        ({"ratio_bps": 10_000, "caps": {"donation_minor": 0}}, "rules.caps.donation_minor"),
        ({"ratio_bps": 1.5}, "rules.ratio_bps"),
        ({}, "rules.ratio_bps"),
    ],
)
def test_senseless_rules_are_named(api: Api, rules: Json, field: str) -> None:
    api.manage("/campaigns", campaign(api))
    response = api.post("/pots", pot(api.world.fund, rules=rules), api.token())
    assert field in problem(response, 422, response.get_json()["code"])["errors"]


def test_an_incomplete_plan_does_not_open(api: Api) -> None:
    body = {"filing_no": None, "purpose": " ", "filed_at": "2199-01-01", "platform_url": "javascript:alert(1)"}
    now = api.world.clock.at
    window = {
        "opens_at": (now + timedelta(days=9)).isoformat(),
        "closes_at": (now + timedelta(days=10)).isoformat(),
    }
    api.manage("/campaigns", campaign(api, plan=complete_plan(**body), windows=[window]))
    refusal = problem(api.post("/campaigns/spring/schedule", token=api.token()), 422, "plan_incomplete")
    assert {name: fault["code"] for name, fault in refusal["fields"].items()} == {
        "filing_no": "required",
        "purpose": "required",
        "filed_at": "filed_after_start",
        "platform_url": "not_a_page_address",
        "windows.0": "window_outside",
        "entries": "no_project",
    }
    mended = complete_plan(filing_no="1", purpose="good", certificate_holder="洛阳市慈善总会")
    api.manage("/campaigns/spring", {"plan": mended, "windows": []}, 200, method="PATCH")
    api.manage("/campaigns/spring/entries", {"project": api.world.projects[0]})
    opened = api.manage("/campaigns/spring/schedule", status=200)
    assert opened["phase"] == "open" and opened["warnings"] == []
    problem(api.call("PATCH", "/campaigns/spring", {"name": "x"}, api.token()), 409, "campaign_phase")


def test_drafts_can_be_changed_and_only_drafts(api: Api) -> None:
    made = api.manage("/projects", project(api, code="V-1"))
    path = f"/projects/{made['id']}"
    changed = api.manage(path, {"name": "新名", "target_minor": 1}, 200, method="PATCH")
    assert (changed["name"], changed["target_minor"], changed["summary"]) == ("新名", 1, "午餐")
    for name, code in (("  ", "project_invalid"), ("bell\x07", "validation_failed")):
        problem(api.call("PATCH", path, {"name": name}, api.token()), 422, code)
    api.manage(f"{path}/submit", status=200)
    problem(api.call("PATCH", path, {"name": "x"}, api.token()), 409, "project_state")
    problem(api.post(f"{path}/submit", token=api.token()), 409, "project_state")
    stopped = api.manage(f"{path}/suspend", {"reason": "audit"}, 200)
    assert stopped["status"] == "suspended"
    assert api.manage(f"{path}/resume", {"reason": "done"}, 200)["status"] == "review"
    problem(api.post("/projects", project(api, code="V-1"), api.token()), 409, "project_code_used")
    body = api.post("/projects", project(api, organisation="nix"), api.token())
    assert "organisation" in problem(body, 422, "project_invalid")["errors"]


def test_approvers_rate_a_project_in_any_state(api: Api) -> None:
    made = api.manage("/projects", project(api))
    path = f"/projects/{made['id']}"
    assert made["rating"] == 0
    for role, stars in (("reviewer", 3), ("manager", 5)):
        assert api.manage(path, {"rating": stars}, 200, role=role, method="PATCH")["rating"] == stars
    api.manage(f"{path}/submit", status=200)
    api.manage(path, {"rating": 4}, 200, role="reviewer", method="PATCH")
    assert api.get(path, api.token()).get_json()["rating"] == 4
    rows = {row["id"]: row["rating"] for row in api.get("/projects", api.token()).get_json()}
    assert rows[made["id"]] == 4
    for value in (6, -1, 4.5, "4", True, None):
        refusal = problem(api.call("PATCH", path, {"rating": value}, api.token()), 422, "validation_failed")
        assert list(refusal["errors"]) == ["rating"]
    assert api.get(path, api.token()).get_json()["rating"] == 4


def test_a_liaison_changes_a_draft_but_does_not_rate_it_and_a_reviewer_the_other_way(api: Api) -> None:
    made = api.manage("/projects", project(api), role="liaison")
    path = f"/projects/{made['id']}"
    for role, body in (
        ("liaison", {"rating": 5}),
        ("liaison", {"rating": 5, "name": "新名"}),
        ("reviewer", {"name": "新名"}),
        ("reviewer", {"name": "新名", "rating": 5}),
        ("reviewer", {}),
        ("auditor", {"rating": 5}),
    ):
        problem(api.call("PATCH", path, body, api.token(role)), 403, "not_permitted")
    assert api.get(path, api.token()).get_json() == made
    both = api.manage(path, {"name": "新名", "rating": 2}, 200, method="PATCH")
    assert (both["name"], both["rating"]) == ("新名", 2)


def test_times_need_an_offset(api: Api) -> None:
    body = campaign(api, opens_at="2026-09-09T09:00:00", ends_at="soon", durations={"late_s": -1})
    errors = problem(api.post("/campaigns", body, api.token()), 422, "validation_failed")["errors"]
    assert set(errors) == {"opens_at", "ends_at", "durations.late_s"}
    body = campaign(api, ends_at=campaign(api)["opens_at"])
    assert "ends_at" in problem(api.post("/campaigns", body, api.token()), 422, "campaign_invalid")["errors"]


def test_called_off_and_nothing_to_close(api: Api) -> None:
    api.manage("/campaigns", campaign(api))
    refusal = problem(api.post("/campaigns/spring/close", token=api.token()), 409, "nothing_due")
    assert refusal["phase"] == "draft"
    assert api.manage("/campaigns/spring/cancel", status=200)["phase"] == "cancelled"
    problem(api.post("/campaigns/spring/cancel", token=api.token()), 409, "campaign_phase")


def test_a_due_campaign_can_be_closed_by_hand(api: Api) -> None:
    api.world.clock.advance(hours=9)
    assert api.manage("/campaigns/day/close", status=200)["phase"] == "settling"
    report = api.get("/campaigns/day/reconciliation", api.token("auditor")).get_json()
    assert (report["phase"], report["open"], report["report"]) == ("settling", 0, None)


def test_partners_get_their_secret_once(api: Api) -> None:
    made = api.manage("/partners", {"name": "teahouse", "title": "茶馆", "projects": ["P000001"]})
    assert made["secret"].startswith("whsec_")
    listed = api.get("/partners", api.token()).get_json()
    assert [row["name"] for row in listed] == ["teahouse"]
    assert "secret" not in listed[0]
    problem(api.post("/partners", {"name": "teahouse"}, api.token()), 409, "partner_exists")


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("POST", "/funds", "liaison"),
        ("POST", "/funds/1/deposits", "reviewer"),
        ("POST", "/projects", "finance"),
        ("POST", "/projects/1/approve", "liaison"),
        ("PATCH", "/projects/1", "auditor"),
        ("POST", "/campaigns", "liaison"),
        ("PATCH", "/campaigns/day", "finance"),
        ("POST", "/campaigns/day/entries", "reviewer"),
        ("POST", "/campaigns/day/schedule", "auditor"),
        ("POST", "/campaigns/day/cancel", "auditor"),
        ("POST", "/campaigns/day/close", "auditor"),
        ("POST", "/pots", "finance"),
        ("POST", "/pots/1/rules", "finance"),
        ("POST", "/pots/1/top-ups", "auditor"),
        ("POST", "/pots/1/reductions", "auditor"),
        ("POST", "/discrepancies/1/sign-off", "auditor"),
        ("POST", "/partners", "finance"),
    ],
)
def test_every_act_asks_who_is_calling(api: Api, method: str, path: str, role: str) -> None:
    """Before the body is read: strangers learn nothing about what it should be."""
    problem(api.call(method, path, {}), 401, "token_missing")
    problem(api.call(method, path, {}, "bs_nobody"), 401, "token_invalid")
    problem(api.call(method, path, {}, api.token(role)), 403, "not_permitted")


@pytest.mark.parametrize("path", ["/funds", "/projects", "/pots", "/partners", "/campaigns/day/reconciliation"])
def test_lists_of_managers_are_theirs(api: Api, path: str) -> None:
    problem(api.get(path), 401, "token_missing")
    assert api.get(path, api.token("auditor")).status_code == 200


def test_a_liaison_describes_a_project_and_everybody_reads_it(api: Api) -> None:
    world = api.world
    project, token = world.projects[0], api.token("liaison")
    contact = {"name": "李秀英", "phone": "0379-63912345", "consented": True}
    body = {"unit": "顿热午饭", "unit_price_minor": 500, "contact": contact}
    changed = api.call("PATCH", f"/projects/{project}", body, token)
    assert changed.status_code == 200 and changed.get_json()["contact"]["name"] == "李秀英"
    shown = api.get(f"/campaigns/{world.slug}/projects/{project}").get_json()
    assert (shown["unit"], shown["unit_price_minor"], shown["raised_minor"]) == ("顿热午饭", 500, 0)
    rows = api.get(f"/campaigns/{world.slug}/projects").get_json()
    assert {row["id"]: row["unit"] for row in rows}[project] == "顿热午饭"
    budget = {"budget": [{"name": "灶台", "amount_minor": changed.get_json()["target_minor"]}]}
    problem(api.call("PATCH", f"/projects/{project}", budget, token), 403, "not_permitted")
    assert api.call("PATCH", f"/projects/{project}", budget, api.token("reviewer")).status_code == 200
    problem(api.call("PATCH", f"/projects/{project}", {"unit": "x"}, api.token("reviewer")), 403, "not_permitted")
    refused = api.call("PATCH", f"/projects/{project}", {"contact": {**contact, "consented": False}}, token)
    assert problem(refused, 422, "project_invalid")["fields"]["contact.consented"]["code"] == "consent_required"
    problem(api.get(f"/campaigns/{world.slug}/projects/999999"), 404, "project_unknown")
