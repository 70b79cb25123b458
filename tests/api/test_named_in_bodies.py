"""What the body of a request names is asked about as what its address names: it must lie in the caller's branch."""

import re

from flask import Flask

from app.http.scope import Where
from campaigns.network.tokens import create_token
from ledger.chart import PAID_OUT
from tests.api.client import Api, problem
from tests.api.resources import OURS, SLUG, Resources, resources
from tests.api.test_rights import Callers, callers, routes, snapshot
from tests.world import World

__all__ = ["callers", "resources"]

# Every body of a manager that names something which belongs to a node, and who asks whether it is the caller's.
NAMED_IN_BODIES = {
    ("POST /campaigns", "host"): "scope.require_node",
    ("POST /campaigns/{slug}/entries", "project"): "scope.require_named",
    ("POST /campaigns/{slug}/sources", "project"): "takes part in the campaign of the address",
    ("POST /donations/{donation_id}/project-corrections", "project"): "scope.require_node",
    ("POST /donors/erasure", "donation"): "only without a branch",
    ("POST /donors/export", "donation"): "only without a branch",
    ("POST /funds", "organisation"): "scope.require_node",
    ("POST /funds/{fund_id}/grants", "organisation"): "a grant is for others",
    ("POST /funds/{fund_id}/grants/revoke", "organisation"): "a grant is for others",
    ("POST /inbox/{message_id}/attach", "donation"): "scope.require_named",
    ("POST /invitations", "branch"): "scope.require_node",
    ("POST /organisations", "parent"): "scope.require_node",
    ("POST /partners/{name}/project-codes", "project"): "only without a branch",
    ("POST /payment-exceptions/{exception_id}/attach", "donation"): "scope.require_named",
    ("POST /organisations/{code}/agreements", "campaign"): "scope.require_named",
    ("POST /organisations/{code}/agreements", "fund"): "scope.require_named",
    ("POST /pots", "campaign"): "scope.require_draw",
    ("POST /pots", "fund"): "scope.require_draw",
    ("POST /projects", "organisation"): "scope.require_node",
    ("PATCH /goods/{goods_id}", "organisation"): "scope.require_node",
    ("POST /projects/{project_id}/goods", "organisation"): "scope.require_node",
    ("POST /projects/{project_id}/purpose-changes", "campaign"): "scope.require_named",
    ("POST /projects/{project_id}/purpose-changes", "to_project"): "scope.require_named",
    ("POST /projects/{project_id}/surplus-returns", "campaign"): "scope.require_named",
    ("POST /projects/{project_id}/surplus-uses", "campaign"): "scope.require_named",
    ("POST /tokens", "branch"): "scope.require_node",
    ("POST /users", "branch"): "scope.require_node",
    ("PATCH /users/{user_id}", "branch"): "scope.require_node",
}
_OF_A_NODE = {"campaign", "project", "to_project", "donation", "fund", "host", "organisation", "parent", "branch"}


def test_every_body_that_names_something_of_a_node_is_listed(app: Flask, api: Api) -> None:
    """From the router and the description: a body that is new must be decided about."""
    described = api.http.get("/api/openapi.json").get_json()
    schemas = described["components"]["schemas"]
    managers = {
        (method, re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1")))
        for rule, method, _ in routes(app, *Where)
    }
    named = set()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            route = method.upper(), path.removeprefix("/api/v1")
            body = operation.get("requestBody", {}) if isinstance(operation, dict) and route in managers else {}
            schema = body.get("content", {}).get("application/json", {}).get("schema", {})
            fields = schemas.get(schema.get("$ref", "").rpartition("/")[2], {}).get("properties", {})
            named |= {(" ".join(route), field) for field in fields if field in _OF_A_NODE}
    assert named == set(NAMED_IN_BODIES)


def test_what_lies_in_another_branch_does_not_exist_for_a_body(
    api: Api, world: World, resources: Resources, callers: Callers
) -> None:
    """The address names our own; the body names the project, donation or campaign of somebody else."""
    ours, foreign = resources.arguments, world.projects[2]
    donation = world.give(20_00, project=2)
    world.do(lambda tx: tx.scalar("UPDATE inbox_work SET donation_id = :id RETURNING 1", id=ours["donation_id"]))
    tokens = {role: world.do(create_token, role, role, branch_code=OURS) for role in ("manager", "finance")}
    callers.call("/console/", "GET", "admin", OURS)
    before = snapshot(world)
    purpose = {"share": PAID_OUT[0], "amount_minor": 1, "currency": "CNY", "filing_no": "1", "reason": "x"}
    purpose_of = f"/projects/{ours['project_id']}/purpose-changes"
    surplus = f"/projects/{ours['project_id']}/surplus-uses"
    left = {"amount_minor": 1, "currency": "CNY", "way": "same_purpose", "reason": "x"}
    payment, message = f"payments/{ours['exception_id']}/attach", f"inbox/{ours['message_id']}"
    attach = {"donation": str(donation.id), "reason": "x"}
    for path, body, code in (
        (f"/campaigns/{SLUG}/entries", {"project": foreign}, "project_unknown"),
        (purpose_of, purpose | {"campaign": SLUG, "to_project": foreign}, "project_unknown"),
        (purpose_of, purpose | {"campaign": world.slug, "to_project": world.projects[1]}, "campaign_unknown"),
        (surplus, left | {"campaign": SLUG, "to": foreign}, "project_unknown"),
        (surplus, left | {"campaign": world.slug, "to": world.projects[1]}, "campaign_unknown"),
        (f"/payment-exceptions/{ours['exception_id']}/attach", attach, "donation_unknown"),
        (f"/{message}/attach", {"donation": attach["donation"]}, "donation_unknown"),
    ):
        token = tokens["manager" if path.endswith("entries") else "finance"]
        problem(api.post(path, body, token), 404, code)
    client, _token = callers._client("admin", OURS)
    for page, form in (
        (f"campaigns/{SLUG}/entries", {"verb": "chosen", "project": str(foreign)}),
        (payment, attach),
        (message, attach | {"verb": "attach"}),
    ):
        assert client.post(f"/console/{page}", data=form).status_code == 303, page  # refused in a notice
    assert "天桥沟村" not in client.get(f"/console/campaigns/{SLUG}/entries").text
    assert "天桥沟村" in callers._client("admin", None)[0].get(f"/console/campaigns/{SLUG}/entries").text
    skipped = {"manager_session", "audit_entry"}
    assert {t: h for t, h in snapshot(world).items() if t not in skipped} == {
        t: h for t, h in before.items() if t not in skipped
    }
