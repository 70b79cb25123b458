"""What the body or query of a request names is asked about as what its address names: it must lie in the caller's
branch.

Managers of 栾川县 and of its township name, at addresses of their own, the things of the sibling 嵩县. They find
nothing, and no row changes. Bodies are made from the description of the API; a new field must be decided about.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from app.http.scope import Where
from campaigns.network.roles import Role
from campaigns.network.tokens import create_token
from tests.api.client import Api
from tests.api.named_fields import NAMED_IN_BODIES, NAMED_IN_QUERIES, NOT_ASKED, PLAIN, Named
from tests.api.resources import OURS, SIBLING, Resources, foreign, handed_out, resources
from tests.api.test_rights import callers, routes, snapshot
from tests.world import World

__all__ = ["callers", "foreign", "resources"]

TOWNSHIP = "410101"
_OF_WHO_IS_ABOVE = {"POST /organisations/{code}/merge"}  # nobody merges their own node
Schemas = dict[str, Any]


@pytest.fixture
def described(api: Api) -> Schemas:
    description: Schemas = api.http.get("/api/openapi.json").get_json()
    return description


def schema_of(described: Schemas, schema: Schemas) -> Schemas:
    """A schema, or the first of several, without references."""
    schema = (schema.get("anyOf") or schema.get("allOf") or [schema])[0]
    name = schema.get("$ref", "").rpartition("/")[2]
    return described["components"]["schemas"][name] if name else schema


def fields_of(described: Schemas, schema: Schemas, before: str = "") -> Iterator[str]:
    """Every field of a body, also within others: `changes[].pot`."""
    for name, field in schema_of(described, schema).get("properties", {}).items():
        yield before + name
        inner = schema_of(described, field)
        yield from fields_of(described, inner, f"{before}{name}.")
        yield from fields_of(described, inner.get("items", {}), f"{before}{name}[].")


def operations(app: Flask, described: Schemas) -> Iterator[tuple[str, Schemas]]:
    """Every operation of managers, as `POST /funds/{fund_id}/grants`."""
    for rule, method, _ in routes(app, *Where):
        address = re.sub(r"<(?:[^:>]*:)?(\w+)>", r"{\1}", rule.rule)
        if operation := described["paths"].get(address, {}).get(method.lower()):
            yield f"{method} {address.removeprefix('/api/v1')}", operation


def body_schema(operation: Schemas) -> Schemas:
    schema: Schemas = (
        operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    )
    return schema


def test_it_is_decided_of_every_field_whether_it_names_something_of_a_node(app: Flask, described: Schemas) -> None:
    decided = set(NAMED_IN_BODIES) | {field for fields in NOT_ASKED.values() for field in fields}
    named = {
        (route, field)
        for route, operation in operations(app, described)
        for field in fields_of(described, body_schema(operation))
        if (route, field) in decided or not _is_plain(field)
    }
    assert named == decided
    queries = {
        parameter["name"]
        for _route, operation in operations(app, described)
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
    assert {name for name in queries if name not in NAMED_IN_QUERIES} <= PLAIN


def test_every_body_of_managers_refuses_fields_that_it_does_not_have(app: Flask, described: Schemas) -> None:
    """What a caller may not set is no field of the body, so it cannot be set in passing."""
    open_ = [
        route
        for route, operation in operations(app, described)
        for schema in _objects(described, body_schema(operation))
        if schema.get("additionalProperties") is not False
    ]
    assert open_ == []


def _objects(described: Schemas, schema: Schemas) -> Iterator[Schemas]:
    """The schema of a body and those of the objects within it, but for dictionaries, whose names are values."""
    schema = schema_of(described, schema)
    if "properties" in schema:
        yield schema
    for field in schema.get("properties", {}).values():
        inner = schema_of(described, field)
        yield from _objects(described, inner.get("items", inner))


def _is_plain(field: str) -> bool:
    return field.rpartition(".")[2].removesuffix("[]") in PLAIN


def value_of(described: Schemas, schema: Schemas, name: str = "") -> Any:
    """A value that a schema accepts; of an object its required fields."""
    schema = schema_of(described, schema)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "")
    if kind == "object":
        properties = schema.get("properties", {})
        return {part: value_of(described, properties[part], part) for part in schema.get("required", ())}
    if kind == "array":
        return [value_of(described, schema["items"])]
    if kind == "string":
        formats = {"date": "2026-01-02", "uuid": "00000000-0000-4000-8000-000000000000"}
        return formats.get(schema.get("format", ""), "neu")
    if kind == "boolean":
        return True
    return max(schema.get("minimum", 1), 1) if kind in ("integer", "number") else "2030-01-02T00:00:00+08:00"


def with_field(body: dict[str, Any], field: str, value: Any) -> dict[str, Any]:
    """A body with the value at a field."""
    first, _dot, rest = field.partition(".")
    name = first.removesuffix("[]")
    if not rest:
        return body | {name: value}
    return body | {name: [with_field({}, rest, value)] if first.endswith("[]") else with_field({}, rest, value)}


@pytest.fixture
def ours(world: World, resources: Resources) -> dict[str, Any]:
    return resources.arguments | world.do(handed_out, resources.arguments)


@pytest.fixture
def theirs(world: World, foreign: Resources) -> dict[str, Any]:
    return foreign.arguments | world.do(handed_out, foreign.arguments)


class Bodies:
    """Makes the request of a route whose body names one thing, of ours or of theirs."""

    def __init__(self, described: Schemas, ours: dict[str, Any]) -> None:
        self._described, self._ours = described, ours

    def call(self, api: Api, route: str, field: str, value: Any, token: str) -> tuple[int, Any]:
        method, _space, address = route.partition(" ")
        operation = self._described["paths"][f"/api/v1{address}"][method.lower()]
        body = value_of(self._described, body_schema(operation))
        for (other, name), named in NAMED_IN_BODIES.items():
            if other == route and name in body:
                body[name] = self.value(named, self._ours, body[name])
        body = with_field(body, field, value)
        response = api.call(method, address.format(**self._ours), body, token)
        return response.status_code, response.get_json() if response.data else {}

    @staticmethod
    def value(named: Named, things: dict[str, Any], like: Any = None) -> Any:
        key = things[named.kind]
        value = str(key) if named.kind == "donation_id" else key
        return [value] if isinstance(like, list) or named.kind == "case_id" else value


def is_refused(named: Named, reply: dict[str, Any]) -> bool:
    """Whether a reply says that the resource does not exist, or that nothing was decided about it."""
    faults = [fault["code"] for fault in reply.get("fields", {}).values() if isinstance(fault, dict)]
    return named.refused in [reply.get("code"), *faults] if named.refused else reply.get("decided") == 0


def test_a_body_cannot_name_a_resource_of_another_branch(
    api: Api, world: World, described: Schemas, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    world.do(lambda tx: tx.scalar("UPDATE inbox_work SET donation_id = :id RETURNING 1", id=ours["donation_id"]))
    bodies = Bodies(described, ours)
    tokens = {
        (role, branch): world.do(create_token, role, f"{role} {branch}", branch_code=branch)
        for branch in (OURS, TOWNSHIP)
        for role in Role
    }
    before = snapshot(world)
    accepted = []
    for (route, field), named in NAMED_IN_BODIES.items():
        for (role, branch), token in tokens.items():
            status, reply = bodies.call(api, route, field, bodies.value(named, theirs), token)
            refused = is_refused(named, reply)
            has_every_right = role == Role.ADMIN and branch == OURS
            if not refused and (has_every_right or status not in (403, 404)):
                accepted.append((route, field, str(role), branch, status, reply))
    assert not accepted, "\n".join(map(str, accepted))
    assert snapshot(world) == before
    own = tokens[Role.ADMIN, OURS]
    for (route, field), named in NAMED_IN_BODIES.items():
        _status, reply = bodies.call(api, route, field, bodies.value(named, ours), own)
        assert not is_refused(named, reply) or route in _OF_WHO_IS_ABOVE, (route, field, reply)


def test_a_filter_that_names_what_lies_in_another_branch_finds_nothing(
    app: Flask, api: Api, world: World, described: Schemas, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    token = world.do(create_token, Role.ADMIN, "ours", branch_code=OURS)
    called = 0
    for route, operation in operations(app, described):
        method, _space, address = route.partition(" ")
        for parameter in operation.get("parameters", []):
            kind = NAMED_IN_QUERIES.get(parameter["name"])
            if method == "GET" and parameter["in"] == "query" and kind:
                path = address.format(**ours, file_format="csv")
                response = api.get(f"{path}?{parameter['name']}={theirs[kind]}", token)
                assert response.status_code in (200, 403, 404), (path, response.text)
                assert SIBLING.mark not in response.text, path
                called += 1
    assert called > 10
