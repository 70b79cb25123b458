"""The description of the API as a page: rendered here, so that it needs neither a script nor another host."""

from typing import Any

from flask import Blueprint, current_app, render_template_string

blueprint = Blueprint("api_reference", __name__, url_prefix="/api")

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ spec.info.title }} API</title><link rel="stylesheet" href="/api/docs.css"></head><body><main>
<h1>{{ spec.info.title }} API {{ spec.info.version }}</h1>
<p>{{ spec.info.description }}</p>
<p>For programs: <a href="/api/openapi.json">openapi.json</a></p>
<nav><ul>{% for tag in spec.tags %}<li><a href="#{{ tag.name }}">{{ tag.name }}</a> {{ tag.description }}</li>
{% endfor %}</ul></nav>
{% for tag in spec.tags %}<section id="{{ tag.name }}"><h2>{{ tag.name }}</h2>
{% for one in operations if tag.name in one.tags %}<article>
<h3><code>{{ one.method }} {{ one.path }}</code></h3>
<p>{{ one.summary }} {% if one.security %}<b>Bearer token: {{ one.security }}</b>{% endif %}</p>
{% if one.query %}<p>Query: {% for name in one.query %}<code>{{ name }}</code> {% endfor %}</p>{% endif %}
{% if one.body %}<p>Body: <a href="#schema-{{ one.body }}">{{ one.body }}</a></p>{% endif %}
<p>Answers: {% for status, name in one.answers %}{{ status }}{% if name %}
<a href="#schema-{{ name }}">{{ name }}</a>{% endif %}{{ ", " if not loop.last }}{% endfor %}</p>
</article>{% endfor %}</section>{% endfor %}
<h2>Bodies and answers</h2>
{% for name, schema in spec.components.schemas|dictsort %}<section id="schema-{{ name }}"><h3>{{ name }}</h3>
<table>{% for field, about in schema.get("properties", {}).items() %}<tr>
<td><code>{{ field }}</code>{{ " *" if field in schema.get("required", []) }}</td><td>{{ kind(about) }}</td>
<td>{{ about.description or "" }}</td></tr>{% endfor %}</table></section>{% endfor %}
<p>* must be sent.</p></main></body></html>"""

_STYLE = """body{font-family:system-ui,sans-serif;line-height:1.5;margin:0;color:#1d2733;background:#fff}
main{max-width:56rem;margin:auto;padding:1rem}article{border-top:1px solid #ccd4dd;padding:.5rem 0}
code{background:#f0f3f6;padding:.1em .3em;overflow-wrap:anywhere}table{border-collapse:collapse}
td{border:1px solid #ccd4dd;padding:.2em .6em;vertical-align:top}h3{margin:.6rem 0 .2rem}"""


@blueprint.get("/docs")
def page() -> str:
    """The reference, from the same description that programs read."""
    spec = current_app.extensions["api"].spec.to_dict()
    return render_template_string(_PAGE, spec=spec, operations=_operations(spec), kind=_kind)


@blueprint.get("/docs.css")
def style() -> Any:
    return current_app.response_class(_STYLE, mimetype="text/css")


def _operations(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation.get("summary", ""),
            "tags": operation.get("tags", []),
            "security": ", ".join(name for one in operation.get("security", []) for name in one),
            "query": [p["name"] for p in operation.get("parameters", []) if p.get("in") == "query"],
            "body": _schema_name(operation.get("requestBody", {})),
            "answers": [(status, _schema_name(found)) for status, found in operation.get("responses", {}).items()],
        }
        for path, item in spec["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "patch", "put", "delete")
    ]


def _schema_name(place: dict[str, Any]) -> str:
    """The name of the schema of a body or an answer; empty when it has none."""
    content = next(iter(place.get("content", {}).values()), {})
    schema = content.get("schema", {})
    return str(schema.get("items", schema).get("$ref", "")).rpartition("/")[2]


def _kind(about: dict[str, Any]) -> str:
    """A field's type in a few words."""
    if "allOf" in about:
        return _kind(about["allOf"][0])
    if "$ref" in about:
        return str(about["$ref"]).rpartition("/")[2]
    if about.get("type") == "array":
        return f"list of {_kind(about.get('items', {}))}"
    if "enum" in about:
        return " | ".join(str(one) for one in about["enum"])
    kind = about.get("type", "any")
    return str(kind[0] if isinstance(kind, list) else kind)
