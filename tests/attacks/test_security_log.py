"""C15: who tried to get in, and what was refused to whom, is in the audit trail and in the log: without what was
typed, without whole addresses in the trail, and without a table that a flood can fill."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.jobs.registry import run
from campaigns.audit import network_of
from campaigns.audit_trail import AuditLine, AuditQuery, search
from campaigns.network import accounts
from campaigns.network.people import create_manager
from campaigns.network.tokens import create_token, revoke_token
from campaigns.security_log import MOST_KEYS, count_event
from tests.api.client import Api, application, problem
from tests.api.resources import OURS, Resources, resources
from tests.cashier import clock, world
from tests.web.reader import PASSWORD, Reader, forms
from tests.world import ACTOR, World

__all__ = ["clock", "resources", "world"]
NEIGHBOUR = "4102"
ADDRESS = "203.0.113.77"
NETWORK = "203.0.113.0/24"


@pytest.fixture
def app(world: World, database_url: str) -> Flask:
    return application(database_url, world.deps)


@pytest.fixture
def api(app: Flask, world: World) -> Api:
    return Api(app.test_client(), world)


@pytest.fixture
def boss(world: World) -> int:
    return int(world.do(create_manager, "boss", PASSWORD, "admin", ACTOR).id)


def trail(world: World, **query: Any) -> list[AuditLine]:
    lines: list[AuditLine] = world.do(search, AuditQuery(**query)).entries
    return lines


def sign_in(app: Flask, world: World, login: str, password: str) -> int:
    """Try to sign in with a browser of its own; return the status of the answer."""
    reader = Reader(app.test_client(), world)
    reader.http.environ_base["REMOTE_ADDR"] = ADDRESS
    reader.open("/console/sign-in")
    [(action, fields)] = [form for form in forms(reader.page.text) if form[0].endswith("/console/sign-in")]
    return reader.http.post(action, data={**fields, "login": login, "password": password}).status_code


def test_c15_a_failed_sign_in_has_account_and_network_but_not_what_was_typed(
    app: Flask, world: World, boss: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign_in(app, world, "boss", "my secret typing") == 401
    assert sign_in(app, world, "my own password", "x" * 12) == 401
    unknown, known = trail(world, action="manager.sign_in_failed")
    assert (known.subject, known.address, known.detail["about"]) == (f"manager:{boss}", NETWORK, "sign_in_failed")
    assert (unknown.subject, unknown.actor, unknown.address) == ("unknown", "unknown", NETWORK)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"event": "security"' in line]
    assert [line["account"] for line in lines] == [f"manager:{boss}", "unknown"]
    assert {line["address"] for line in lines} == {ADDRESS}
    everything = json.dumps([entry._asdict() for entry in trail(world)], default=str) + json.dumps(lines)
    assert "my secret typing" not in everything and "my own password" not in everything


def test_c15_a_good_sign_in_and_the_way_out_are_recorded(app: Flask, world: World, boss: int) -> None:
    reader = Reader(app.test_client(), world)
    reader.http.environ_base["REMOTE_ADDR"] = ADDRESS
    reader.sign_in_by_form("boss")
    reader.send("/console/sign-out")
    assert [(entry.action, entry.address) for entry in trail(world, subject=f"manager:{boss}")][:2] == [
        ("session.sign_out", NETWORK),
        ("manager.sign_in", NETWORK),
    ]


def test_c15_a_flood_of_tries_is_counted_and_fills_no_table(app: Flask, world: World, boss: int) -> None:
    """Ten tries of one account from one address pass the limit of tries; each of the others is above it."""
    statuses = [sign_in(app, world, "boss", "wrong password") for _ in range(25)]
    assert (statuses.count(401), statuses.count(429)) == (10, 15)
    assert len(trail(world, action="manager.sign_in_failed")) == 1, "the first of the minute"
    world.clock.advance(seconds=61)
    run("seal", world.deps)
    more, first = trail(world, action="manager.sign_in_failed")
    assert (first.detail["events"], more.detail["more_events"]) == (1, 9)
    assert trail(world, action="manager.sign_in_limited"), "and those above the limit are there too"
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM security_tally")) == 0
    world.check()


def test_c15_from_a_number_of_accounts_on_the_rest_is_one(world: World) -> None:
    for number in range(MOST_KEYS + 50):
        world.do(count_event, "manager.sign_in_failed", f"manager:{number}")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM security_tally")) == MOST_KEYS + 1
    world.clock.advance(seconds=61)
    run("seal", world.deps)
    entries = world.do(search, AuditQuery(action="manager.sign_in_failed"), 1_000).entries
    assert len(entries) == MOST_KEYS + 2
    rest = [entry for entry in entries if entry.subject == "others"]
    assert sum(entry.detail.get("events", 0) + entry.detail.get("more_events", 0) for entry in rest) == 50


@pytest.mark.parametrize("role", ["liaison", "auditor", "reviewer"])
def test_c15_a_refused_right_is_recorded_with_account_and_route(api: Api, world: World, role: str) -> None:
    pot = world.pot(100_00)
    refused = api.post(f"/pots/{pot}/top-ups", {"amount_minor": 100}, api.token(role))
    problem(refused, 403, "not_permitted")
    [entry] = trail(world, action="access.refused")
    assert entry.subject.startswith("token:") and entry.actor == f"token:test {role}"
    assert entry.detail["about"] == "POST /api/v1/pots/<id:pot_id>/top-ups"


def test_c15_a_resource_of_another_branch_is_recorded_as_refused_and_a_missing_one_is_not(
    api: Api, world: World, resources: Resources
) -> None:
    token = world.do(create_token, "manager", "neighbour", branch_code=NEIGHBOUR)
    problem(api.get(f"/pots/{resources.arguments['pot_id']}", token), 404, "pot_unknown")
    assert [entry.actor for entry in trail(world, action="access.refused")] == ["token:neighbour"]
    problem(api.get("/pots/999999", token), 404, "pot_unknown")
    assert len(trail(world, action="access.refused")) == 1
    assert api.get(f"/pots/{resources.arguments['pot_id']}", api.token("manager")).status_code == 200
    assert len(trail(world, action="access.refused")) == 1


def test_c15_a_refused_button_is_recorded(app: Flask, world: World) -> None:
    world.do(create_manager, "looks", PASSWORD, "liaison", ACTOR, "41010101")
    reader = Reader(app.test_client(), world)
    reader.sign_in_by_form("looks")
    fields = next(fields for _, fields in forms(reader.page.text) if "csrf_token" in fields)
    sent = {"csrf_token": fields["csrf_token"], "verb": "lift", "reason": "x"}  # a liaison may only object
    assert reader.http.post(f"/console/blacklist/{world.projects[0]}", data=sent).status_code == 303
    [entry] = trail(world, action="access.refused")
    assert (entry.actor, entry.detail["about"]) == ("looks", "POST /console/blacklist/<int:project_id>")


def test_c15_a_token_that_opens_nothing_is_recorded_without_it(api: Api, world: World) -> None:
    problem(api.get("/partners", "bs_stolen-and-revoked"), 401, "token_invalid")
    [entry] = trail(world, action="token.refused")
    assert (entry.subject, "stolen" in json.dumps(entry.detail)) == ("unknown", False)


def _manager(world: World) -> str:
    return f"manager:{world.do(accounts.find_by_login, 'wang').id}"


@pytest.mark.parametrize(
    ("act", "action", "detail"),
    [
        (
            lambda world: world.do(accounts.set_role, "wang", "finance", OURS, "boss"),
            "manager.role",
            {
                "before": {"role": "auditor", "branch_code": None},
                "after": {"role": "finance", "branch_code": OURS},
            },
        ),
        (lambda world: world.do(accounts.disable, "wang", "boss"), "manager.disable", {"sessions": 0}),
        (
            lambda world: world.do(accounts.set_password, "wang", "another long passphrase 7", "boss"),
            "manager.password",
            {"sessions": 0},
        ),
    ],
)
def test_c15_changes_of_rights_have_before_and_after(
    world: World, act: Callable[[World], Any], action: str, detail: dict[str, Any]
) -> None:
    world.do(create_manager, "wang", PASSWORD, "auditor", ACTOR)
    act(world)
    [entry] = trail(world, action=action)
    assert (entry.subject, entry.actor, entry.detail) == (_manager(world), "boss", detail)


def test_c15_settings_have_before_and_after(api: Api, world: World) -> None:
    api.manage("/partners", {"name": "plat"})
    api.manage("/partners/plat", {"gift_most_minor": 100_00}, 200, method="PATCH")
    api.manage("/partners/plat", {"gift_most_minor": 200_00}, 200, method="PATCH")
    assert trail(world, action="partner.limits")[0].detail == {
        "before": {"gift_most_minor": 100_00},
        "after": {"gift_most_minor": 200_00},
    }
    api.manage("/campaigns/day/screening", {"small_count": 7}, 200, method="PATCH")
    api.manage("/campaigns/day/screening", {"small_count": 8}, 200, method="PATCH")
    changed = trail(world, action="campaign.screening")[0].detail
    assert (changed["before"], changed["after"]) == ({"small_count": 7}, {"small_count": 8})


def test_c15_a_look_at_a_contact_is_recorded_and_not_whose(api: Api, world: World) -> None:
    response = api.get("/donations?contact=13912345678", api.token("finance"))
    assert response.status_code == 200
    [entry] = trail(world, action="contact")
    assert (entry.actor, entry.subject, entry.detail) == ("token:test finance", "donors", {})


def test_c15_an_export_is_recorded(app: Flask, world: World) -> None:
    world.pay(world.give(50_00))
    assert app.test_cli_runner().invoke(args=["export", "donations", world.slug]).exit_code == 0
    [entry] = trail(world, action="export")
    assert (entry.action, entry.actor, entry.detail) == ("export.donations", "command line", {"rows": 1})


def test_c15_tokens_made_and_revoked_are_recorded(world: World) -> None:
    world.do(create_token, "finance", "bank", "boss", OURS)
    token_id = world.do(lambda tx: tx.scalar("SELECT max(id) FROM api_token"))
    world.do(revoke_token, token_id, "boss")
    revoked, made = trail(world, subject=f"token:{token_id}")
    assert (made.action, made.detail["role"], revoked.action) == ("token.create", "finance", "token.revoke")


@pytest.mark.parametrize(
    ("address", "shortened"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("not an address", ""),
    ],
)
def test_c15_the_trail_keeps_the_network_of_an_address(address: str, shortened: str) -> None:
    assert network_of(address) == shortened


def test_c15_a_stranger_who_guesses_tokens_of_donations_writes_little(api: Api, world: World) -> None:
    for _ in range(30):
        api.get(f"/donations/{uuid4()}", "dt_guess")
    assert len(trail(world, action="token.refused")) <= 2
