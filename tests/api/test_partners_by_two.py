"""Two people for what a platform is believed: going live, another secret, wider limits, other projects, and who
signs its notifications. One is enough where that is switched off, as in the demo."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from campaigns.intake.check_list import Check, note_check
from campaigns.privacy.rewrap import rewrap
from campaigns.projects.models import Project
from payments.mappings.document import preset
from payments.mappings.partner_mappings import read_mappings
from payments.models import PartnerState
from payments.partners.partners import create, known
from tests.api.approvals import app, ask, decide, second
from tests.api.client import Api, problem
from tests.partners.engineer import NAME, Engineer
from tests.partners.vendors import SECRET
from tests.world import World

__all__ = ["app", "second"]


def heard(api: Api, world: World, secret: str, name: str = NAME) -> int:
    return Engineer(api.http, world, secret, name).call("/health").status_code


@pytest.fixture
def live(world: World) -> str:
    """The secret of a platform that is live."""
    return str(world.do(create, world.deps.keys, NAME, "茶馆"))


def test_a_platform_is_a_draft_until_another_person_agrees(api: Api, world: World, second: str) -> None:
    made = api.manage("/partners", {"name": NAME, "title": "茶馆"})
    assert (made["state"], heard(api, world, made["secret"])) == ("draft", 401)
    approval = api.get(f"/approvals/{made['approval']}", second).get_json()
    assert (approval["act"], approval["subject"]) == ("partner.live", NAME)
    problem(decide(api, approval, api.token()), 403, "approval_own")
    assert decide(api, approval, second).status_code == 200
    assert heard(api, world, made["secret"]) == 200
    test = api.manage("/partners", {"name": "newcomer", "state": "test"})
    assert "approval" not in test and heard(api, world, test["secret"], "newcomer") == 200


def test_a_declined_platform_stays_a_draft(api: Api, world: World, second: str) -> None:
    made = api.manage("/partners", {"name": NAME})
    approval = api.get(f"/approvals/{made['approval']}", second).get_json()
    assert decide(api, approval, second, "decline", note="who are they?").status_code == 200
    assert (world.do(known, NAME).state, heard(api, world, made["secret"])) == ("draft", 401)


def test_going_live_after_the_check_list(api: Api, world: World, second: str) -> None:
    world.do(lambda tx: create(tx, world.deps.keys, NAME, "茶馆", state=PartnerState.TEST))
    path, body = f"/partners/{NAME}/state", {"state": "live"}
    problem(api.post(path, body, api.token()), 409, "partner_checks_open")
    world.do(note_check, NAME, *Check)
    moved = api.manage(path, body, 200)
    assert (moved["state"], heard(api, world, moved["secret"])) == ("test", 401)
    approval = api.get(f"/approvals/{moved['approval']}", second).get_json()
    assert decide(api, approval, second).status_code == 200
    assert (world.do(known, NAME).state, heard(api, world, moved["secret"])) == ("live", 200)


def test_another_secret_signs_nothing_before(api: Api, world: World, live: str, second: str) -> None:
    until = (world.clock.at + timedelta(hours=1)).isoformat()
    path = f"/partners/{NAME}/secrets"
    made = api.manage(path, {"old_valid_until": until})
    assert [heard(api, world, secret) for secret in (live, made["secret"])] == [200, 401]
    assert [row["waits"] for row in api.get(path, second).get_json()] == [True, False]
    problem(api.post(path, {}, second), 409, "approval_open")
    approval = api.get(f"/approvals/{made['approval']}", second).get_json()
    problem(decide(api, approval, api.token()), 403, "approval_own")
    assert decide(api, approval, second).status_code == 200
    assert [heard(api, world, secret) for secret in (live, made["secret"])] == [200, 200]
    world.clock.advance(hours=2)
    assert [row["ends_at"] is None for row in api.get(path, second).get_json()] == [True, False]
    own = Engineer(api.http, world, made["secret"])
    assert own.call("/secret", {"rotate": True}).status_code == 201, "a platform changes its own without us"


def test_limits_are_narrowed_by_one_and_widened_by_two(api: Api, world: World, live: str, second: str) -> None:
    assert live
    path, most = f"/partners/{NAME}", world.deps.limits.partner_gift_most_minor
    code, other = world.do(lambda tx: tx.all(select(Project.code).order_by(col(Project.id)).limit(2)))

    def change(body: object, token: str = "") -> int:
        return int(api.call("PATCH", path, body, token or api.token()).status_code)

    assert change({"gift_most_minor": 10_00}) == 200
    shown = api.get(path, api.token("auditor")).get_json()
    assert (shown["name"], shown["gift_most_minor"]) == (NAME, 10_00) and "sealed_secret" not in shown
    problem(api.get("/partners/nobody", api.token()), 404, "partner_unknown")
    for fewer in ([code, other], [other]):  # from any to two, and to one of them
        assert change({"projects": fewer}) == 200
    wider_ones: list[dict[str, Any]] = [
        {"gift_most_minor": 10_01},
        {"gift_most_minor": None},
        {"projects": [code]},
        {"projects": [code, other]},
        {"projects": None},
    ]
    for wider in wider_ones:
        approval = ask(api, path, wider, method="PATCH")
        assert (world.do(known, NAME).gift_most_minor, world.do(known, NAME).projects) == (10_00, [other])
        assert decide(api, approval, second, "decline", note="no").status_code == 200
    approval = ask(api, path, {"gift_most_minor": most + 1, "projects": [code]}, method="PATCH")
    assert code in approval["text"]
    assert decide(api, approval, second).status_code == 200
    partner = world.do(known, NAME)
    assert (partner.gift_most_minor, partner.projects) == (most + 1, [code])


def test_changing_who_signs_notifications_needs_two_people(api: Api, world: World, live: str, second: str) -> None:
    assert live
    path = f"/partners/{NAME}/mapping"
    approval = ask(api, path, {"document": json.loads(preset("signed_headers"))})
    assert decide(api, approval, second).status_code == 200
    approval = ask(api, f"{path}/keys", {"key_id": "app-1", "key": SECRET})
    assert SECRET not in json.dumps(approval) and "app-1" in approval["text"]
    assert not read_mappings(world.db, world.deps.keys, [NAME])[0].credentials.keys
    sealed = approval["arguments"]["sealed"]
    rewrap(world.db, world.deps.keys)
    assert api.get(f"/approvals/{approval['id']}", second).get_json()["arguments"]["sealed"] != sealed
    assert decide(api, approval, second).status_code == 200
    assert read_mappings(world.db, world.deps.keys, [NAME])[0].credentials.keys == {"app-1": SECRET}
