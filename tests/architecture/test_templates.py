"""Names in templates. What a parent defines at its top (a macro, a `set`) hides what a view hands to its child by
the same name: a page once had a column of empty links."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import Environment, meta, nodes

from tests.cashier import clock, world
from tests.web.conftest import app

__all__ = ["app", "clock", "world"]

# Names that only a console page has: its macros that use `labelled` are imported with them, and `forgery` looks
# whether `new_form_key` is there.
OF_SOME_PAGES = {"labelled", "new_form_key"}
ROOMS = [Path(__file__).parents[2] / part / "templates" for part in ("app", "sandbox")]


class _AnyFilter(dict[str, Any]):
    """Whatever filter a template names: only names of values are looked for."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name, default) or str


ENVIRONMENT = Environment(
    autoescape=True, extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"]
)
ENVIRONMENT.filters, ENVIRONMENT.tests = _AnyFilter(), _AnyFilter()


@cache
def parsed(path: Path) -> nodes.Template:
    return ENVIRONMENT.parse(path.read_text())


def parents(room: Path, path: Path) -> Iterator[Path]:
    """The templates that one extends, the nearest first."""
    for part in parsed(path).find_all(nodes.Extends):
        if isinstance(part.template, nodes.Const):
            yield (parent := room / part.template.value)
            yield from parents(room, parent)


def defined(path: Path) -> set[str]:
    """The names that a template defines outside of its blocks."""
    names = set()
    for part in parsed(path).body:
        if isinstance(part, nodes.Macro):
            names.add(part.name)
        elif isinstance(part, nodes.Assign | nodes.AssignBlock):
            names |= {name.name for name in part.target.find_all(nodes.Name)} or {getattr(part.target, "name", "")}
    return names


def test_no_parent_hides_what_a_view_hands_to_its_child() -> None:
    hidden = {
        f"{path.relative_to(room)}: {name}"
        for room in ROOMS
        for path in room.rglob("*.html")
        for parent in parents(room, path)
        for name in meta.find_undeclared_variables(parsed(path)) & defined(parent)
    }
    assert hidden == set()


def test_the_control_finds_a_hidden_name(tmp_path: Path) -> None:
    (tmp_path / "base.html").write_text(
        "{% macro links() %}{% endmacro %}{% set mark = 1 %}{% block page %}{% endblock %}"
    )
    child = tmp_path / "page.html"
    child.write_text('{% extends "base.html" %}{% block page %}{{ links }}{{ title }}{% endblock %}')
    [parent] = parents(tmp_path, child)
    assert meta.find_undeclared_variables(parsed(child)) & defined(parent) == {"links"}
    assert defined(parent) == {"links", "mark"}


def imported_alone(room: Path) -> set[str]:
    """The templates whose macros a page imports without its own names."""
    return {
        part.template.value
        for path in room.rglob("*.html")
        for part in parsed(path).find_all((nodes.FromImport, nodes.Import))
        if isinstance(part.template, nodes.Const) and not part.with_context
    }


def test_macros_imported_without_their_page_use_names_that_all_templates_have(app: Flask) -> None:
    known = {*app.jinja_env.globals, *OF_SOME_PAGES}
    missing = {
        f"{name}: {missing}"
        for name in imported_alone(ROOMS[0])
        for missing in meta.find_undeclared_variables(parsed(ROOMS[0] / name)) - known
    }
    assert missing == set()
