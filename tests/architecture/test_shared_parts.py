"""Parts of shared pages that are rendered once (`app/shared_pages/parts.py`): their macros depend on their
arguments and the language only."""

from collections.abc import Iterator
from pathlib import Path

from jinja2 import meta, nodes

from tests.architecture.test_templates import ENVIRONMENT, ROOMS, parsed

ROOM = ROOMS[0]
ONCE = {"once", "once_per_content"}
# What names of all templates read beyond the language and the values that they are called with.
OF_A_REQUEST = {
    "caller",
    "config",
    "csrf_token",
    "g",
    "get_flashed_messages",
    "new_form_key",
    "other_language_url",
    "request",
    "session",
    "wechat_methods",
}


def macros(path: Path) -> dict[str, tuple[Path, str]]:
    """The macros that a template can call, by the name that they have there: where each is, and its name there."""
    known = {part.name: (path, part.name) for part in parsed(path).find_all(nodes.Macro)}
    for part in parsed(path).find_all(nodes.FromImport):
        assert isinstance(part.template, nodes.Const)
        for name in part.names:
            there, here = (name, name) if isinstance(name, str) else name
            known[here] = (ROOM / part.template.value, there)
    return known


def names_used(path: Path, macro: str) -> Iterator[str]:
    """The names that a macro uses, with those of the macros that it calls."""
    [node] = [part for part in parsed(path).find_all(nodes.Macro) if part.name == macro]
    known = macros(path)
    for name in meta.find_undeclared_variables(nodes.Template([node], lineno=1).set_environment(ENVIRONMENT)):
        if name in known and known[name] != (path, macro):
            yield from names_used(*known[name])
        else:
            yield name


def rendered_once() -> set[tuple[Path, str]]:
    return {
        macros(path)[call.args[0].name]
        for path in ROOM.rglob("*.html")
        for call in parsed(path).find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in ONCE and isinstance(call.args[0], nodes.Name)
    }


def test_parts_rendered_once_use_nothing_of_a_request() -> None:
    parts = rendered_once()
    assert {name for _path, name in parts} >= {"legal", "pots", "story"}
    impure = {f"{name}: {used}" for path, name in parts for used in set(names_used(path, name)) & OF_A_REQUEST}
    assert impure == set()


def test_the_control_finds_what_a_called_macro_uses() -> None:
    assert "csrf_token" in set(names_used(ROOM / "web" / "parts.html", "forgery"))
    assert "picture_url" in set(names_used(ROOM / "web" / "project_sections.html", "story"))
