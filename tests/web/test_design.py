"""The page of components, and the emblems that it shows."""

import re
from pathlib import Path

import pytest
from flask import Flask

from app.emblems import drawing_of
from campaigns.projects.themes import THEMES
from tests.api.client import application
from tests.web.reader import Reader, text
from tests.world import World


def test_the_demo_shows_every_component(reader: Reader) -> None:
    page = reader.open("/design")
    for theme in THEMES:
        assert drawing_of(theme) != "peony" and f'id="{drawing_of(theme)}-h"' in page
    for words in ("配捐给您留着", "付款还在路上", "配捐正在复核", "配捐定下了", "我们没有收到付款"):
        assert words in text(page)
    used = set(re.findall(r'href="#([\w-]+)"', page)) - {"main"}
    assert used <= set(re.findall(r'id="([\w-]+)"', page)) | {"buttons"}, "no half without its drawing"


def test_production_has_no_such_page(world: World, database_url: str) -> None:
    app: Flask = application(database_url, world.deps)
    assert app.test_client().get("/design").status_code == 404


@pytest.mark.parametrize("theme", THEMES)
def test_a_drawing_is_a_left_half_in_two_inks(theme: str) -> None:
    """Only custom properties reach into a mirrored half: a drawing names its inks by class and nothing else."""
    drawing = Path(f"app/templates/emblems/{drawing_of(theme)}.svg").read_text("utf-8")
    assert drawing.startswith(f'<g id="{drawing_of(theme)}-h" clip-path="url(#fold)">') and len(drawing) < 4_300
    assert not re.search(r"style=|fill=|stroke=|<script|href=", drawing)
    classes = set(re.findall(r'class="([^"]+)"', drawing))
    assert {name for names in classes for name in names.split()} <= {"f", "c", "g", "s", "cs", "w18", "w36", "w60"}


def test_design_has_every_colour_in_both_modes() -> None:
    sheet = Path("app/static/tokens.css").read_text()
    light, dark = sheet.split("prefers-color-scheme: dark", 1)
    names = set(re.findall(r"--(\w+): #", light))
    assert {"paper", "ink", "red", "goldink", "blue", "green"} <= names
    assert names - {"gold", "golddark", "ongold", "matchfill"} <= set(
        re.findall(r"--(\w+): #", dark.split("@media")[0])
    )


def test_paper_has_black_and_one_grey_whatever_the_screen_has() -> None:
    sheet = Path("app/static/tokens.css").read_text()
    screen, paper = sheet.split("@media print", 1)
    colours = dict(re.findall(r"--(\w+): (#\w+)", paper.split("}\n}")[0]))
    assert set(colours) == set(re.findall(r"--(\w+): #", screen))
    assert set(colours.values()) == {"#000", "#fff", "#767676"}
