"""Documents that list what the code has list all of it, and nothing that is gone."""

import re
from pathlib import Path

import pytest
from flask import Flask

from app.cli import commands
from app.jobs.registry import JOBS
from config import Config

ROOT = Path(__file__).parents[2]


def section(document: str, title: str) -> str:
    """The text below a heading, up to the next one."""
    text = (ROOT / document).read_text()
    return re.split(r"^## ", text.split(f"\n## {title}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def test_the_table_of_jobs_is_the_registry() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| (\d+) s \|", section("ARCHITECTURE.md", "The way of a donation"), re.M)
    assert {name: int(every) for name, every in rows} == {name: job.every_s for name, job in JOBS.items()}


def test_every_place_that_is_named_exists() -> None:
    text = "".join(section("ARCHITECTURE.md", title) for title in ("Where is ...", "Packages"))
    places = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?|\w+\.py)`", section("ARCHITECTURE.md", "Where is ...")))
    folders = set(re.findall(r"^\| `((?:\w+/)*\w+/?)`(?: itself)? \|", text, re.M))
    assert len(places) > 20 and len(folders) > 10
    assert [place for place in sorted(places | folders) if not (ROOT / place).exists()] == []


@pytest.mark.parametrize(("document", "title"), [("README.md", "Commands"), ("README.zh.md", "命令")])
def test_the_readme_names_every_command(document: str, title: str) -> None:
    named = {words.split()[0] for words in re.findall(r"`([^`]+)`", section(document, title))}
    app = Flask("empty", static_folder=None)
    library = set(app.cli.commands)
    commands.attach(app)
    assert sorted(set(app.cli.commands) - library - named) == []


# Read elsewhere: by `make run`, and by nothing yet. The sandbox is switched on by `make run` alone,
# training by its keeper.
NO_FIELDS, NOT_FOR_PEOPLE = {"BEISHAN_SEED", "STRIPE_PUBLISHABLE_KEY"}, {"BEISHAN_SANDBOX", "BEISHAN_TRAINING"}


@pytest.mark.parametrize(("document", "title"), [("README.md", "Settings"), ("README.zh.md", "设置")])
def test_the_readme_lists_every_setting_once(document: str, title: str) -> None:
    rows = re.findall(r"^\| (`[A-Z].*?) \|", section(document, title), re.M)
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    settings = {field.alias for field in Config.model_fields.values()}
    assert sorted(listed) == sorted((settings | NO_FIELDS) - NOT_FOR_PEOPLE)


def test_every_test_that_the_table_of_real_life_names_exists() -> None:
    named = re.findall(r"`(test_\w+)`", (ROOT / "tests/real_life/README.md").read_text())
    defined = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)
    }
    assert len(named) > 50
    assert sorted(set(named) - defined) == []
