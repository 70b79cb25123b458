"""The watch list over HTTP."""

from tests.api.client import Api, problem
from tests.world import World


def test_a_contact_is_watched_seen_and_lifted(api: Api, world: World) -> None:
    made = api.manage("/watch", {"email": "a@example.org", "reason": "多次刷单"})
    assert (made["kind"], made["standing"], made["case"]) == ("donor", True, None)
    assert api.manage("/watch", {"email": "a@example.org", "reason": "again"})["id"] == made["id"]
    seen = api.get("/watch", api.token("auditor"))
    assert [row["id"] for row in seen.get_json()] == [made["id"]]
    assert "example" not in seen.text and "key" not in seen.text
    lifted = api.manage(f"/watch/{made['id']}/lift", {"reason": "查清"}, 200)
    assert (lifted["standing"], lifted["lift_reason"]) == (False, "查清")
    problem(api.post(f"/watch/{made['id']}/lift", {"reason": "x"}, api.token()), 409, "watch_ended")


def test_bad_entries_are_refused(api: Api, world: World) -> None:
    problem(api.post("/watch", {"reason": "x"}, api.token()), 422, "watch_invalid")
    problem(api.post("/watch", {"reason": "x", "phone": "nobody"}, api.token()), 422, "donor_invalid")
    problem(api.post("/watch", {"reason": " ", "phone": "13800000000"}, api.token()), 422, "reason_missing")
    past = {"reason": "x", "phone": "13800000000", "until": "2020-01-01T00:00:00Z"}
    problem(api.post("/watch", past, api.token()), 422, "term_invalid")
    problem(api.post("/watch", {"reason": "x", "phone": "13800000000"}, api.token("auditor")), 403, "not_permitted")
    problem(api.get("/watch"), 401, "token_missing")
    problem(api.post("/watch/99/lift", {"reason": "x"}, api.token()), 404, "watch_unknown")
    body = {"kind": "donor", "reason": "x"}
    problem(api.post("/cases/99/watch", body, api.token()), 404, "case_unknown")
    problem(api.post("/cases/99/watch", body | {"kind": "mood"}, api.token()), 422, "validation_failed")
    assert api.manage("/watch", status=200, method="GET") == []
