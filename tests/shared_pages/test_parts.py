"""Parts of pages that are rendered once: for the same values and language, and never for others."""

from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask_babel import force_locale
from jinja2 import Template
from markupsafe import Markup

from app.i18n.locale import language
from app.shared_pages.parts import Macro, once, once_per_content
from app.shared_pages.reading import Reading, current
from tests.world import World


class Pot(NamedTuple):
    """Cannot be hashed, as data with rules."""

    rules: dict[str, int]


class Figures(NamedTuple):
    minor: int


def counting(rendered: list[object]) -> Macro:
    def macro(*values: object) -> Markup:
        rendered.append(values)
        return Markup(f"{language()} {len(rendered)}")

    return macro


def test_equal_values_are_rendered_once_and_others_anew(app: Flask) -> None:
    rendered: list[object] = []
    macro, pot = counting(rendered), Pot({"ratio": 1})
    with app.test_request_context("/"):
        token = current.set(Reading(1, 0.0))
        try:
            for figures in (Figures(5), Figures(5), Figures(6)):
                once(macro, [pot], figures, "x")
            assert len(rendered) == 2
            once(macro, [Pot({"ratio": 1})], Figures(5), "x")  # read anew: it may be another one by now
            once(macro, 1)
            once(macro, True)
            assert len(rendered) == 5
            with force_locale("en"):
                assert once(macro, 1) == "en 6"
            assert once(macro, 1) == "zh 4"
        finally:
            current.reset(token)


def test_a_part_lasts_as_long_as_its_reading(app: Flask) -> None:
    rendered: list[object] = []
    macro, content = counting(rendered), Reading(1, 0.0)
    with app.test_request_context("/"):
        for version in (1, 2):
            token = current.set(Reading(version, 0.0, content))
            try:
                once(macro, "figures")
                once_per_content(macro, "content")
            finally:
                current.reset(token)
        assert rendered == [("figures",), ("content",), ("figures",)]


@pytest.mark.parametrize("part", [once, once_per_content])
def test_other_pages_render_their_parts_each_time(app: Flask, part: Macro) -> None:
    rendered: list[object] = []
    with app.test_request_context("/"):
        part(counting(rendered), "x")
        part(counting(rendered), "x")
    assert len(rendered) == 2


def test_pages_evaluate_no_file_of_macros_anew(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, made = app.test_client(), list[str | None]()
    original = Template.make_module

    def counting_modules(template: Template, *args: Any, **named: Any) -> Any:
        made.append(template.name)
        return original(template, *args, **named)

    addresses = ("/", "/c/day", f"/c/day/p/{world.projects[0]}", "/c/day/standings", "/c/day/screen")
    for _ in range(2):
        made.clear()
        monkeypatch.setattr(Template, "make_module", counting_modules)
        assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)
    assert made == []
