"""Cases over HTTP: managers see evidence and decide, donors object, and nobody learns who gave."""

import pytest

from campaigns.screening.screen import screen
from tests.api.client import Api, Json, problem
from tests.api.conftest import api, app, clock, http, world
from tests.world import World

__all__ = ["api", "app", "clock", "http", "world"]


@pytest.fixture
def held(api: Api, world: World) -> Json:
    """A donation whose donor works for the village that carries the project out."""
    world.pot(1_000_00)
    added = api.manage("/organisations/41010101/staff", {"phone": "13800000000", "email": "s@example.org"})
    assert {row["kind"] for row in added} == {"phone", "email"}
    donation = api.give(200_00, donor={"email": "s@example.org"})
    world.tell(
        "payment_intent.succeeded",
        {
            "id": f"pi_{donation['id']}",
            "object": "payment_intent",
            "amount": 200_00,
            "amount_received": 200_00,
            "currency": "cny",
            "metadata": {"donation_id": donation["id"]},
        },
    )
    world.settle()
    assert screen(world.deps) == 1
    (case,) = api.manage(f"/campaigns/{world.slug}/cases?state=open", status=200, method="GET")
    return case | {"token": donation["token"]}


def test_a_manager_sees_the_evidence_and_nothing_personal(api: Api, held: Json) -> None:
    case = api.manage(f"/cases/{held['id']}", status=200, method="GET", role="auditor")
    assert case["signals"] == [{"code": "staff", "evidence": {"amount_minor": 200_00}}]
    assert (case["state"], case["held_minor"], case["currency"]) == ("open", 200_00, "CNY")
    text = api.get(f"/cases/{held['id']}", api.token()).text
    assert "example.org" not in text and "13800000000" not in text


def test_the_donor_sees_what_is_held(api: Api, held: Json) -> None:
    seen = api.get(f"/donations/{held['donation']}", held["token"]).get_json()
    assert seen["status"] == "paid"
    assert (seen["match"]["captured_minor"], seen["match"]["held_minor"]) == (0, 200_00)
    assert [part["state"] for part in seen["match"]["parts"]] == ["held"]
    story = api.get(f"/donations/{held['donation']}/explanation", held["token"]).get_json()
    assert (story["held_minor"], story["captured_minor"]) == (200_00, 0)
    assert [hold["state"] for hold in story["holds"]] == ["held"]


def test_totals_leave_held_match_out(api: Api, held: Json, world: World) -> None:
    totals = api.get(f"/campaigns/{world.slug}").get_json()["totals"]
    assert (totals["raised_minor"], totals["matched_minor"]) == (200_00, 0)
    waiting = api.manage(f"/campaigns/{world.slug}/reconciliation", status=200, method="GET")
    assert waiting["open_cases"] == 1


def test_a_decision_needs_a_reason_and_the_permission(api: Api, held: Json) -> None:
    path = f"/cases/{held['id']}"
    for verb in ("release", "cancel", "suspend-project"):
        problem(api.post(f"{path}/{verb}", {"reason": " "}, api.token()), 422, "reason_missing")
        problem(api.post(f"{path}/{verb}", {}, api.token()), 422, "validation_failed")
        problem(api.post(f"{path}/{verb}", {"reason": "x"}, api.token("auditor")), 403, "not_permitted")
        problem(api.post(f"{path}/{verb}", {"reason": "x"}), 401, "token_missing")
    problem(api.post("/cases/99999/release", {"reason": "x"}, api.token()), 404, "case_unknown")
    assert api.manage(path, status=200, method="GET")["state"] == "open"


def test_released_over_http_once(api: Api, held: Json, world: World) -> None:
    path = f"/cases/{held['id']}"
    done = api.manage(f"{path}/release", {"reason": "核实无误"}, 200)
    assert (done["state"], done["held_minor"], done["actor"]) == ("released", 0, "token:test admin")
    api.manage(f"{path}/release", {"reason": "核实无误"}, 200)
    refused = problem(api.post(f"{path}/cancel", {"reason": "x"}, api.token()), 409, "case_decided")
    assert (refused["state"], refused["by"]) == ("released", "token:test admin"), "who was faster"
    assert world.totals().matched_minor == 200_00
    world.check()


def test_the_donor_objects_and_a_manager_decides_again(api: Api, held: Json, world: World) -> None:
    path, mine = f"/cases/{held['id']}", f"/donations/{held['donation']}/appeal"
    api.manage(f"{path}/suspend-project", {"reason": "查实前暂停"}, 200)
    assert api.manage(f"{path}/cancel", {"reason": "本单位人员"}, 200)["state"] == "cancelled"
    problem(api.post(mine, {"text": "x"}), 401, "token_missing")
    problem(api.post(mine, {"text": "x"}, "dt_wrong"), 401, "token_invalid")
    problem(api.post(mine, {"text": " "}, held["token"]), 422, "appeal_invalid")
    body = api.post(mine, {"text": "我已退休"}, held["token"]).get_json()
    assert (body["state"], body["answer"]) == ("cancelled", "")
    assert "signals" not in body
    done = api.manage(f"{path}/answer", {"reason": "已核实退休", "decision": "released"}, 200)
    assert (done["state"], done["appeal"], done["answer"]) == ("released", "我已退休", "已核实退休")
    assert world.view(world.do(lambda tx: tx.scalar("SELECT id FROM donation"))).captured_minor == 200_00
    world.check()


def test_a_manager_writes_down_an_objection_that_came_by_phone(api: Api, held: Json) -> None:
    case = api.manage(f"/cases/{held['id']}/appeal", {"text": "来电说明"}, 200)
    assert case["appeal"] == "来电说明"


def test_a_donation_without_a_case_cannot_be_appealed(api: Api, world: World) -> None:
    donation = api.give(50_00)
    problem(api.post(f"/donations/{donation['id']}/appeal", {"text": "x"}, donation["token"]), 404, "case_unknown")


def test_an_event_is_reviewed_after_its_end(api: Api, held: Json, world: World) -> None:
    path = f"/campaigns/{world.slug}/screening-review"
    problem(api.post(path, None, api.token()), 409, "campaign_phase")
    world.clock.advance(hours=9)
    world.close()
    assert api.manage(path, status=200) == {"donations": 1, "opened": 0, "open": 1}


def test_staff_contacts_are_added_seen_and_forgotten(api: Api, held: Json) -> None:
    path = "/organisations/41010101/staff"
    shown = api.manage(path, status=200, method="GET")
    assert {frozenset(row) for row in shown} == {frozenset({"id", "organisation", "kind", "created_at"})}
    for entry in shown:
        assert api.call("DELETE", f"/staff/{entry['id']}", None, api.token()).status_code == 204
    problem(api.call("DELETE", f"/staff/{shown[0]['id']}", None, api.token()), 404, "staff_unknown")
    assert api.manage(path, status=200, method="GET") == []
    problem(api.post(path, {}, api.token()), 422, "staff_invalid")
    problem(api.post(path, {"phone": "nobody"}, api.token()), 422, "donor_invalid")
    problem(
        api.post("/organisations/nowhere/staff", {"phone": "13800000000"}, api.token()), 404, "organisation_unknown"
    )


def test_a_state_that_there_is_not_is_refused(api: Api, world: World) -> None:
    problem(api.get(f"/campaigns/{world.slug}/cases?state=guilty", api.token()), 422, "validation_failed")
    problem(api.get("/campaigns/nowhere/cases", api.token()), 404, "campaign_unknown")
