"""Villages start their projects from the standard of the city or of their county, never from a neighbour's."""

from typing import Any

import pytest
from flask import Flask

from app.demo.projects import file_standard
from campaigns.network.people import create_manager
from campaigns.network.tokens import create_token
from campaigns.projects import drafts, transitions
from campaigns.projects.drafts import NewProject
from campaigns.projects.models import Project
from campaigns.projects.templates import description_from, find_template, templates
from kernel.db import Tx
from kernel.errors import Invalid
from tests.api.client import Api
from tests.projects.approved import approved_project
from tests.web.conftest import app, reader
from tests.web.reader import PASSWORD, Reader
from tests.world import ACTOR, VILLAGES, World

__all__ = ["app", "reader"]
UNIT = {"unit": "顿热午饭", "unit_price_minor": 5_00, "unit_note": "三菜一汤"}
BUDGET = [{"name": "米面粮油", "amount_minor": 20_000_00}, {"name": "灶台", "amount_minor": 10_000_00}]
CONTACT = {"name": "王会计", "role": "市级", "phone": "0379-0000000", "consented": True}


def standard(tx: Tx, code: str, name: str, tier: str = "brand", *, approved: bool = True) -> int:
    """File a project that describes the standard of a node."""
    described = {**UNIT, "budget": BUDGET, "contact": CONTACT}
    new = NewProject(
        code, name, tier, "六十岁以上老人每天一顿热饭。", 30_000_00, theme="meals", description=described
    )
    project = drafts.create(tx, new, ACTOR)
    assert project.id is not None
    if approved:
        transitions.submit(tx, project.id, ACTOR)
        transitions.approve(tx, project.id, ACTOR)
    return project.id


@pytest.fixture
def city(world: World) -> int:
    return int(world.do(standard, "41", "幸福家园标准"))


def names(world: World, branch: str | None) -> list[str]:
    return [template.name for template in world.do(templates, branch)]


def test_a_branch_sees_the_templates_above_it_and_within_it(world: World, city: int) -> None:
    world.do(standard, "4101", "栾川样板", "special")
    world.do(standard, "4102", "嵩县样板", "special")
    world.do(lambda tx: standard(tx, "41", "还没有立项", approved=False))
    assert names(world, VILLAGES[0]) == ["幸福家园标准", "栾川样板"], "of the city first; no village's, no draft"
    assert names(world, "4102") == ["幸福家园标准", "嵩县样板"]
    assert set(names(world, "41")) == set(names(world, None)) == {"幸福家园标准", "栾川样板", "嵩县样板"}
    world.do(transitions.suspend, city, "改标准", ACTOR)
    assert names(world, VILLAGES[0]) == ["栾川样板"]


def test_a_template_outside_the_lineage_is_unknown(world: World, city: int) -> None:
    neighbour = world.do(standard, "4102", "嵩县样板", "special")
    for template_id in (neighbour, world.projects[0], 10**9, None):
        with pytest.raises(Invalid) as refusal:
            world.do(find_template, template_id, VILLAGES[0])
        assert refusal.value.fields["template"].code == "unknown_template"
    assert world.do(find_template, city, VILLAGES[0]).organisation_name == "洛阳市"


@pytest.mark.parametrize(
    ("target", "parts"), [(45_000_00, [30_000_00, 15_000_00]), (10_00, [6_67, 3_33]), (1, None)], ids=str
)
def test_a_template_scales_the_budget_and_copies_no_contact(
    world: World, city: int, target: int, parts: list[int] | None
) -> None:
    def description(tx: Tx) -> dict[str, Any]:
        return description_from(tx, find_template(tx, city, None), target)

    described = world.do(description)
    assert {name: described[name] for name in UNIT} == UNIT and "contact" not in described
    assert [row["amount_minor"] for row in described.get("budget", ())] == (parts or [])


def test_a_liaison_starts_from_it_on_the_console(reader: Reader, world: World, city: int) -> None:
    world.do(create_manager, "liaison", PASSWORD, "liaison", "test", VILLAGES[0])
    reader.sign_in("liaison")
    page = reader.open("/console/projects/new")
    assert "幸福家园标准 · 洛阳市" in page
    assert f'value="{VILLAGES[0]}" checked' in page, "their own village is the only place"
    page = reader.open(f"/console/projects/new?template={city}")
    assert "六十岁以上老人每天一顿热饭。" in page and 'value="30000"' in page
    typed = {"name": "蒿坪幸福家园", "tier": "micro", "target_minor": "45000"}
    assert "项目草稿已建立" in reader.send("/projects/new", verb="save", **typed)
    with world.db.transaction() as tx:
        project = tx.get(Project, tx.scalar("SELECT max(id) FROM project"))
        assert project is not None
        assert (project.organisation_code, project.theme, project.unit) == (VILLAGES[0], "meals", "顿热午饭")
        assert [row["amount_minor"] for row in project.budget] == [30_000_00, 15_000_00]
        assert not project.contact_name
    for unknown in (str(world.projects[0]), "x", "9" * 30):
        assert "没有这个样板" in reader.open(f"/console/projects/new?template={unknown}")


def test_the_demo_offers_a_standard_to_its_villages(reader: Reader, world: World) -> None:
    world.do(file_standard, "41", ACTOR)
    world.do(create_manager, "liaison", PASSWORD, "liaison", "test", VILLAGES[0])
    reader.sign_in("liaison")
    (template,) = world.do(templates, VILLAGES[0])
    assert template.name in reader.open("/console/projects/new")
    page = reader.open(f"/console/projects/new?template={template.id}")
    assert template.summary in page and 'value="91250"' in page
    described = world.do(lambda tx: description_from(tx, template, 45_000_00))
    assert described["unit"] == "顿热午饭" and sum(row["amount_minor"] for row in described["budget"]) == 45_000_00


def test_a_program_starts_from_it(app: Flask, world: World, city: int) -> None:
    api = Api(app.test_client(), world)
    token = world.do(create_token, "liaison", "of a village", branch_code=VILLAGES[0])
    neighbour = world.do(approved_project, "4102")
    assert [row["id"] for row in api.get("/projects/templates", token).json] == [city]
    body = {"organisation": VILLAGES[0], "name": "灯", "tier": "micro", "summary": "灯", "target_minor": 9_00}
    body |= {"currency": "CNY", "template": city, "unit_note": "两菜一汤"}
    made = api.post("/projects", body, token)
    assert made.status_code == 201, made.json
    assert (made.json["unit"], made.json["unit_note"]) == ("顿热午饭", "两菜一汤")
    assert [row["amount_minor"] for row in made.json["budget"]] == [6_00, 3_00]
    refused = api.post("/projects", body | {"template": neighbour}, token)
    assert refused.status_code == 422 and "template" in refused.json["fields"]
