"""Odd requests to every route of the router: never a failure of ours, always a stable code, and right books.

Queries and bodies of the API are made from its description: in turn each field gets an odd value, the others what
their types ask. Forms of the console get odd values in all the fields that the module of their view reads.
"""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.api.county_world import resources, world
from tests.api.resources import Resources
from tests.api.test_rights import Callers, callers, paths, snapshot
from tests.world import World

__all__ = ["callers", "resources", "world"]
Json = dict[str, Any]
TEXTS = (
    *(" ", "\x00", "\ud800", "\u202ex", "１２", "-1", "1e30", "9" * 30, "9" * 5_000, "NaN", "=1+1", "<b>", "%s{0}"),
    *("0000-00-00", "9999-12-31", "0001-01-01", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"),
    *("a" * 20_000, "00000000-0000-0000-0000-000000000000", ""),
)
NUMBERS: tuple[Any, ...] = (-1, 0, 10**30, 2**63, -(2**63), 1.5, True, None, "1", [], {})
PLAIN = {"date": "2026-09-09", "date-time": "2026-09-09T09:00:00+08:00", "uuid": "0" * 32}
FIELD = re.compile(r"""(?:\bform(?:\.\w+)?|args\.get)[\[(]\s*["'](\w+)["']""")
API = "/api/"
MORE = {"code_id": "00000000-0000-4000-8000-000000000000", "file_key": "0" * 32}
HOSTLESS = ("/healthz", "/readyz", "/metrics")  # queries by machines inside, by number


def routes(app: Flask) -> Iterator[tuple[int, Rule, str]]:
    """Every route, numbered, once per method; streams never end."""
    rules = sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
    for number, rule in enumerate(rules):
        if rule.endpoint != "static" and not rule.rule.endswith("/live"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield number, rule, method


def plain(schema: Json, schemas: Json) -> Any:
    """The least that a schema takes."""
    if "$ref" in schema:
        return plain(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for several in ("allOf", "anyOf", "oneOf"):
        if several in schema:
            return plain(schema[several][0], schemas)
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(name for name in kinds if name != "null")
    if kind == "object":
        return {name: plain(inner, schemas) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [plain(schema.get("items", {}), schemas)]
    if "enum" in schema:
        return schema["enum"][0]
    number = max(schema.get("minimum", 1), 1)
    text = PLAIN.get(schema.get("format", ""), "x" * max(schema.get("minLength", 1), 1))
    return {"integer": number, "number": number, "boolean": True}.get(kind, text)


def api_requests(operation: Json, schemas: Json, turn: int) -> Iterator[Json]:
    """A query with an odd value, sometimes twice, and a body with another."""
    queries = [each["name"] for each in operation.get("parameters", ()) if each.get("in") == "query"]
    if queries:
        name, value = queries[turn % len(queries)], TEXTS[turn % len(TEXTS)].encode("utf-8", "surrogatepass")
        yield {"query_string": [(name, value), (name, "1")][: 1 + turn % 2]}
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    body = plain(content["schema"], schemas) if content else None
    if isinstance(body, dict) and body:
        name = sorted(body)[turn % len(body)]
        values = NUMBERS if isinstance(body[name], int) else (*TEXTS, None, 1, [], {})
        body[name] = values[turn % len(values)]
        yield {"data": json.dumps(body), "content_type": "application/json"}


def typed(app: Flask, rule: Rule, turn: int) -> dict[str, bytes]:
    """Odd values for all the fields that the module of a view reads."""
    module = inspect.getmodule(inspect.unwrap(app.view_functions[rule.endpoint]))
    assert module
    names = sorted(set(FIELD.findall(inspect.getsource(module))) - {"verb"})
    texts = (TEXTS[(turn + place) % len(TEXTS)] for place in range(len(names)))
    return {name: text.encode("utf-8", "surrogatepass") for name, text in zip(names, texts, strict=True)}


@pytest.mark.parametrize("turn", [0, *(pytest.param(turn, marks=pytest.mark.long) for turn in range(1, 25))])
def test_odd_values_are_refused_or_taken_and_never_our_fault(
    app: Flask, world: World, resources: Resources, callers: Callers, turn: int
) -> None:
    app.testing = app.config["PROPAGATE_EXCEPTIONS"] = False
    described = app.test_client().get("/api/openapi.json").get_json()
    schemas, operations = described["components"]["schemas"], described["paths"]
    faults, calls = [], 0
    for number, rule, method in routes(app):
        address = re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule)
        operation = operations.get(address, {}).get(method.lower(), {})
        for path in paths(app, rule, resources.arguments | MORE):
            if path.startswith(API):
                requests = list(api_requests(operation, schemas, turn + number))
            else:
                requests = [{"query_string" if method == "GET" else "data": typed(app, rule, turn + number)}]
            for request in requests:
                response = callers.call_with(path, method, "admin", None, **request)
                calls += 1
                coded = not path.startswith(API) or "code" in (response.get_json(silent=True) or {})
                if response.status_code >= 500 or (response.status_code >= 400 and not coded):
                    faults.append((response.status_code, method, path, request))
    assert not faults, faults
    assert calls > 600
    world.check()


def test_odd_methods_hosts_and_forged_forms_come_to_nothing(
    app: Flask, world: World, resources: Resources, callers: Callers
) -> None:
    app.testing = app.config["PROPAGATE_EXCEPTIONS"] = False
    callers.call("/console/", "GET", "admin", None)  # signs in, which the audit trail notes
    app.config["WTF_CSRF_METHODS"] = {"POST"}
    before = snapshot(world)
    stranger = app.test_client()
    faults = []
    for _number, rule, method in routes(app):
        path = paths(app, rule, resources.arguments | MORE)[0]
        statuses = {
            "OPTIONS": stranger.options(path).status_code == 200,
            "TRACE": stranger.open(path, method="TRACE").status_code == 405,
            "host": stranger.open(path, method=method, headers={"Host": "evil.example"}).status_code == 400,
        }
        if rule.rule in HOSTLESS:
            del statuses["host"]
        if path.startswith("/console/") and method == "POST":
            statuses["forged"] = callers.call(path, method, "admin", None).status_code in (303, 400, 403)
        faults += [(kind, method, path) for kind, as_expected in statuses.items() if not as_expected]
    assert not faults, faults
    assert snapshot(world) == before
