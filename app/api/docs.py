"""The API description as a page, rendered on the server so that it needs neither a script nor another host."""

from typing import Any

from flask import Blueprint, Flask, Response, current_app, render_template

from app.http import access
from app.http.made_once import MadeOnce

blueprint = Blueprint("api_reference", __name__, url_prefix="/api")


def attach(app: Flask) -> None:
    """Register the page. It is rendered on the first request."""
    app.extensions["api_reference"] = MadeOnce(_page)
    app.register_blueprint(blueprint)


def make(app: Flask) -> None:
    """Build the description and its page, inside a request."""
    app.extensions["api"].as_json()
    app.extensions["api_reference"].made()


@blueprint.get("/docs")
@access.public
def page() -> Response:
    """Return the reference, rendered from the same description that programs read."""
    kept: MadeOnce = current_app.extensions["api_reference"]
    return kept.response("text/html; charset=utf-8")


def _page() -> str:
    spec = current_app.extensions["api"].describe()
    return render_template("api/docs.html", spec=spec, operations=_operations(spec), kind=_kind)


def _operations(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "tags": operation.get("tags", []),
            "security": ", ".join(name for requirement in operation.get("security", []) for name in requirement),
            "headers": [p["name"] for p in operation.get("parameters", []) if p.get("in") == "header"],
            "query": [p["name"] for p in operation.get("parameters", []) if p.get("in") == "query"],
            "bodies": _schema_names(operation.get("requestBody", {})),
            "answers": [(status, _schema_names(body)) for status, body in operation.get("responses", {}).items()],
        }
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "patch", "put", "delete")
    ]


def _schema_names(place: dict[str, Any]) -> list[str]:
    """Return the names of the schemas that a body or response may have; empty when it has none."""
    schemas = [kind.get("schema", {}) for kind in place.get("content", {}).values()]
    parts = [part for schema in schemas for part in schema.get("anyOf", [schema])]
    names = [str(part.get("items", part).get("$ref", "")).rpartition("/")[2] for part in parts]
    return list(dict.fromkeys(filter(None, names)))


def _kind(about: dict[str, Any]) -> str:
    """Return a field's type in a few words."""
    if "allOf" in about:
        return _kind(about["allOf"][0])
    if "$ref" in about:
        return str(about["$ref"]).rpartition("/")[2]
    if about.get("type") == "array":
        return f"list of {_kind(about.get('items', {}))}"
    if "enum" in about:
        return " | ".join(str(value) for value in about["enum"])
    kind = about.get("type", "any")
    return str(kind[0] if isinstance(kind, list) else kind)
