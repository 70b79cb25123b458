"""A neighbour reaches nothing of ours: every route of the router, by page, API, token and session; every role.

The county 栾川县 has a campaign, a pot, a fund, a project, a donation, and all that waits for a person there.
Managers of 嵩县 try every route with the ids of these: they find nothing, and no row changes.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.http import declarations, scope
from app.http.scope import Where
from campaigns.funds import funds, grants
from campaigns.lifecycle.drafts import create
from campaigns.network.people import create_manager
from campaigns.network.roles import PERMISSIONS, Role
from campaigns.network.tokens import create_token
from kernel.db import Tx
from tests.api.client import Api, problem
from tests.api.county_world import resources, world
from tests.api.resources import MARK, OURS, SLUG, Resources
from tests.web.reader import PASSWORD, Reader
from tests.world import ACTOR, World, new_campaign

NEIGHBOUR, CITY = "4102", "41"
__all__ = ["resources", "world"]
ROLES = tuple(Role)
# An administrator has every right, so that nothing but the branch refuses them. In `make test-long` the other roles
# try all routes too.
TRIED_BY = [ROLES[0], *(pytest.param(role, marks=pytest.mark.long) for role in ROLES[1:])]


def routes(app: Flask, *where: Where) -> Iterator[tuple[Rule, str, declarations.Access]]:
    """Every route of managers that reaches these resources, once per method."""
    for rule in app.url_map.iter_rules():
        declared = declarations.access_of(app, rule.endpoint)
        if declared and declared.permissions and declared.where in where:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, declared


def paths(app: Flask, rule: Rule, arguments: dict[str, Any]) -> list[str]:
    """The addresses of a route; one for each verb in it."""
    adapter = app.url_map.bind("localhost")
    converter = rule._converters.get("verb")
    verbs = converter.items if converter is not None and hasattr(converter, "items") else {""}
    first = {name: min(way.items) for name, way in rule._converters.items() if hasattr(way, "items")}
    wanted = {name: arguments.get(name, first.get(name, 1)) for name in rule.arguments if name != "verb"}
    named = [{**wanted, "verb": verb} if "verb" in rule.arguments else wanted for verb in sorted(verbs)]
    return [adapter.build(rule.endpoint, values) for values in named]


class Callers:
    """Calls routes as a manager of a branch: the API with a token, pages with a session."""

    def __init__(self, app: Flask, world: World) -> None:
        self._app, self._world = app, world
        self._clients: dict[tuple[str, str | None], tuple[FlaskClient, str]] = {}

    def call(self, path: str, method: str, role: str, branch: str | None) -> TestResponse:
        body: dict[str, Any] | None = {} if path.startswith("/api/") and method != "GET" else None
        return self.call_with(path, method, role, branch, json=body)

    def call_with(self, path: str, method: str, role: str, branch: str | None, **request: Any) -> TestResponse:
        client, token = self._client(role, branch)
        if path.startswith("/api/"):
            client, request["headers"] = self._app.test_client(), {"Authorization": f"Bearer {token}"}
        return client.open(path, method=method, **request)

    def _client(self, role: str, branch: str | None) -> tuple[FlaskClient, str]:
        if (role, branch) not in self._clients:
            login = f"{role}-{branch}"
            self._world.do(create_manager, login, PASSWORD, role, ACTOR, branch)
            reader = Reader(self._app.test_client(), self._world)
            reader.sign_in(login)
            token = self._world.do(create_token, role, login, branch_code=branch)
            self._clients[role, branch] = reader.http, token
        return self._clients[role, branch]


@pytest.fixture
def callers(app: Flask, world: World) -> Callers:
    app.config["WTF_CSRF_METHODS"] = set()  # forged forms have tests of their own
    app.config["RATELIMIT_ENABLED"] = False
    return Callers(app, world)


def snapshot(world: World) -> dict[str, Any]:
    """A hash of every table's rows, but for those of callers and jobs, and the records of what was refused or
    exported."""

    def read(tx: Tx) -> dict[str, Any]:
        tables = tx.rows(
            """SELECT table_name AS name FROM information_schema.tables
                WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"""
        )
        skipped = {"manager", "api_token", "job_run", "security_tally"}
        chosen = {"audit_entry": "WHERE action <> 'access.refused' AND action NOT LIKE 'export.%'"}
        return {
            row.name: tx.scalar(
                f"""SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), ''))
                      FROM "{row.name}" t {chosen.get(row.name, "")}"""
            )
            for row in tables
            if row.name not in skipped
        }

    hashes: dict[str, Any] = world.do(read)
    return hashes


@pytest.mark.parametrize("role", TRIED_BY)
def test_a_neighbour_finds_nothing_and_changes_nothing(
    app: Flask, world: World, resources: Resources, callers: Callers, role: Role
) -> None:
    callers.call("/console/", "GET", role, NEIGHBOUR)  # signs in, which the audit trail notes
    before = snapshot(world)
    for rule, method, declared in routes(app, Where.RESOURCE, Where.FROM_BELOW):
        may = any(permission in PERMISSIONS[role] for permission in declared.permissions)
        for path in paths(app, rule, resources.arguments):
            status = callers.call(path, method, role, NEIGHBOUR).status_code
            assert status == 404 or (status == 403 and not may), (method, path, status)
    assert snapshot(world) == before


@pytest.mark.parametrize("all_of_them", [False, pytest.param(True, marks=pytest.mark.long)])
def test_in_their_own_branch_too_a_role_is_refused_what_it_may_not(
    app: Flask, world: World, resources: Resources, callers: Callers, all_of_them: bool
) -> None:
    """The guard asks for the right before anything else: before the thing is looked for, before a form is read.

    Of the roles that a route refuses one tries it, in turn; in `make test-long` all of them."""
    for role in ROLES:
        for branch in (OURS, None):
            callers.call("/console/", "GET", role, branch)  # signs in, which the audit trail notes
    before = snapshot(world)
    calls: Counter[Role] = Counter()
    unexpected = []
    for turn, (rule, method, declared) in enumerate(routes(app, *Where)):
        branch = None if declared.where is Where.FEDERATION else OURS
        roles = [role for role in ROLES if PERMISSIONS[role].isdisjoint(declared.permissions)]
        for role in roles if all_of_them or not roles else [roles[turn % len(roles)]]:
            for path in paths(app, rule, resources.arguments):
                calls[role] += 1
                status = callers.call(path, method, role, branch).status_code
                if status != 403:
                    unexpected.append((str(role), method, path, status))
    assert not unexpected
    assert set(calls) == set(ROLES) - {Role.ADMIN}
    recorded = "SELECT sum(events) FROM security_tally WHERE action = 'access.refused'"
    assert world.do(lambda tx: tx.scalar(recorded)) == calls.total()
    assert snapshot(world) == before


@pytest.mark.parametrize("branch", [OURS, CITY])
def test_those_whose_branch_it_is_reach_it(
    app: Flask, world: World, resources: Resources, callers: Callers, branch: str
) -> None:
    for rule, method, _ in routes(app, Where.RESOURCE, Where.FROM_BELOW):
        if method == "GET" and not {"watch_id", "name", "message_id", "picture_id"}.intersection(rule.arguments):
            for path in paths(app, rule, resources.arguments):
                response = callers.call(path, method, "admin", branch)
                assert response.status_code not in (401, 403, 404), (path, response.status_code)


def test_routes_of_the_federation_are_refused_to_a_branch(
    app: Flask, world: World, resources: Resources, callers: Callers
) -> None:
    callers.call("/console/", "GET", "admin", OURS)
    callers.call("/console/", "GET", "admin", CITY)
    before = snapshot(world)
    for rule, method, _ in routes(app, Where.FEDERATION):
        for path in paths(app, rule, resources.arguments):
            assert callers.call(path, method, "admin", OURS).status_code == 403, (method, path)
            if method == "GET":
                # A group of differences that was settled meanwhile leads back to its list.
                assert callers.call(path, method, "admin", CITY).status_code in (200, 303), path
    assert snapshot(world) == before


def test_lists_show_the_own_branch(app: Flask, world: World, resources: Resources, callers: Callers) -> None:
    for rule, method, _ in routes(app, Where.LISTED):
        if method == "GET":
            for path in paths(app, rule, resources.arguments):
                address = f"{path}?amount_minor=5000" if path.endswith("/v1/donations") else path
                response = callers.call(address, method, "admin", NEIGHBOUR)
                assert response.status_code in (200, 303), (
                    path,
                    response.status_code,
                )  # the network leads to the own node
                assert MARK not in response.text, path


def test_those_below_see_what_the_city_runs_and_may_not_touch_it(
    app: Flask, world: World, resources: Resources, callers: Callers
) -> None:
    pot = world.pot(1_000_00)
    arguments = resources.arguments | {"slug": world.slug, "pot_id": pot}
    for rule, method, declared in routes(app, Where.RESOURCE, Where.FROM_BELOW):
        decides = declared.resource or scope.resource_of(rule.arguments)
        if decides not in ("slug", "pot_id"):
            continue
        for path in paths(app, rule, arguments):
            status = callers.call(path, method, "manager", NEIGHBOUR).status_code
            if path.endswith(
                "/burst"
            ):  # decides about the own branch's cases of a burst; of none: back to the list
                assert status == 303
                continue
            seen = declared.where is Where.FROM_BELOW and method == "GET"
            may = any(permission in PERMISSIONS["manager"] for permission in declared.permissions)
            # Programs are asked for the right first.
            assert status == (200 if seen else 404) or (status == 403 and not may), (method, path, status)


def test_the_branch_of_what_a_body_names_is_checked(api: Api, world: World, resources: Resources) -> None:
    token = world.do(create_token, "manager", "neighbour", branch_code=NEIGHBOUR)
    fund = world.do(funds.create, "嵩县基金", "special", ACTOR, NEIGHBOUR)
    before = snapshot(world)
    project = {"organisation": "41010101", "name": "x", "tier": "micro", "summary": "x", "target_minor": 1}
    problem(api.post("/projects", project | {"currency": "CNY"}, token), 403, "not_permitted")
    named = {"name": "x", "kind": "special", "organisation": OURS}
    problem(api.post("/funds", named, token), 403, "not_permitted")
    pot = {"name": "x", "rank": 1, "rules": {"ratio_bps": 1}, "tranches": []}
    foreign = {"campaign": SLUG, "fund": fund}
    problem(api.post("/pots", pot | foreign, token), 404, "campaign_unknown")
    above = {"campaign": world.slug, "fund": fund}
    problem(api.post("/pots", pot | above, token), 403, "not_permitted")
    assert snapshot(world) == before


def test_a_pot_draws_on_the_fund_of_another_node_only_by_a_grant(
    api: Api, world: World, resources: Resources
) -> None:
    world.do(create, new_campaign(world.clock.at, slug="theirs", host=NEIGHBOUR), ACTOR)
    token = world.do(create_token, "manager", "neighbour", branch_code=NEIGHBOUR)
    fund = resources.arguments["fund_id"]
    opens = world.clock.at.isoformat()
    pot = {
        "campaign": "theirs",
        "fund": fund,
        "name": "x",
        "rank": 1,
        "rules": {"ratio_bps": 10_000},
        "tranches": [{"opens_at": opens, "amount_minor": 100_00}],
    }
    problem(api.post("/pots", pot, token), 404, "fund_unknown")
    api.manage(f"/funds/{fund}/grants", {"organisation": NEIGHBOUR, "reason": "联合活动"})
    made = api.post("/pots", pot, token)
    assert made.status_code == 201, made.text
    top_up = f"/pots/{made.get_json()['id']}/top-ups"
    assert api.post(top_up, {"amount_minor": 1_00}, token).status_code == 201
    api.manage(f"/funds/{fund}/grants/revoke", {"organisation": NEIGHBOUR}, status=200)
    problem(api.post(top_up, {"amount_minor": 1_00}, token), 404, "fund_unknown")
    assert len(world.do(grants.listed, fund)) == 1
    world.check()


def test_a_case_opens_only_under_its_own_campaign(
    app: Flask, world: World, resources: Resources, callers: Callers
) -> None:
    arguments = resources.arguments | {"slug": world.slug}
    for rule, method, _ in routes(app, Where.RESOURCE):
        if {"slug"} < rule.arguments & {"slug", "case_id", "discrepancy_id"}:
            for path in paths(app, rule, arguments):
                assert callers.call(path, method, "admin", None).status_code == 404, path
