"""The page of the audit trail: in words, searched, limited to the own branch, and taken away as a file."""

import ast
import csv
import io
from pathlib import Path

from flask import Flask

from app.i18n import approvals
from app.i18n.audit.audit_labels import ACTS, ASKED, GROUPS
from campaigns.audit import record_audit
from campaigns.network.models import Organisation
from campaigns.network.people import create_manager
from campaigns.projects.drafts import NewProject, create
from campaigns.projects.models import Project
from campaigns.projects.rating import rate
from tests.web.reader import PASSWORD, Reader, text
from tests.world import VILLAGES, World

ROOT = Path(__file__).parents[2]


def _recorded() -> set[str]:
    """Every act that the source records by a name that stands there whole."""
    acts = set()
    for folder in ("app", "campaigns"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "record_audit":
                    acts |= {
                        part.value
                        for part in ast.walk(node.args[2])
                        if isinstance(part, ast.Constant) and "." in str(part.value).strip(".")
                    }
    return acts


def test_every_act_that_is_recorded_has_words() -> None:
    recorded = _recorded()
    assert len(recorded) > 50
    assert sorted(recorded - set(ACTS)) == []
    assert {act.partition(".")[0] for act in ACTS} == set(GROUPS)
    assert sorted(set(approvals.ACTS) - set(ASKED)) == []


def test_an_entry_says_in_words_who_did_what_and_what_was_before(manager: Reader, world: World) -> None:
    project = world.projects[0]
    world.do(rate, project, 3, "boss")
    world.do(rate, project, 5, "boss")
    page = text(manager.open("/console/audit?act=project&since=2000-01-01"))
    assert "评定项目星级" in page and "评级： 3 → 5" in page, page
    assert "project.rate" not in page
    assert "Rated a project" in manager.open("/console/audit?act=project&lang=en")


def test_details_name_organisations_and_projects_beside_their_numbers(manager: Reader, world: World) -> None:
    project = world.projects[0]
    rules = {"scope": {"under": [VILLAGES[0]]}}
    detail = {"organisation": VILLAGES[0], "projects": [project], "project": 987_654, "rules": rules}
    world.do(record_audit, "boss", "project.rate", f"project:{project}", **detail)
    name, village = world.do(lambda tx: (tx.get(Project, project).name, tx.get(Organisation, VILLAGES[0]).name))
    page = text(manager.open("/console/audit?act=project"))
    place = f"{village} {VILLAGES[0]}"
    for words in (f"机构：{place}", f"地区（含其下各级）：{place}", f"项目：{name} {project}", "项目：987654"):
        assert words in page, page
    rows = manager.http.get("/console/audit.csv?act=project").text
    assert f"机构：{place}" in rows and f"项目：{name} {project}" in rows


def test_filters_are_joined_and_what_cannot_be_read_is_said_at_its_field(manager: Reader, world: World) -> None:
    first, second = world.projects[:2]
    world.do(rate, first, 3, "anna")
    world.do(rate, second, 4, "bert")
    assert "bert" not in text(manager.open("/console/audit?actor=anna")).split("来自网络")[-1]
    page = text(manager.open(f"/console/audit?kind=project&number={second}"))
    assert "bert" in page and "anna" not in page
    assert "没有符合的记录" in manager.open("/console/audit?until=2001-01-01")
    for nonsense in ("since=soon", "until=13-13", "number=7"):
        page = manager.open(f"/console/audit?{nonsense}")
        assert "aria-invalid" in page and "<tbody>" not in page, nonsense
    assert "&lt;b&gt;" in manager.open("/console/audit?actor=<b>") and "<b>" not in manager.page.text


def test_the_list_goes_on_by_key(manager: Reader, world: World) -> None:
    for rating in range(60):
        world.do(rate, world.projects[0], rating % 5 + 1, f"r{rating}")
    manager.open("/console/audit?act=project.rate")
    assert "r59" in manager.page.text and ">r9<" not in manager.page.text
    older = manager.page.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert ">r9<" in manager.open(older) and "r59" not in manager.page.text


def test_a_branch_sees_what_is_about_it_and_only_auditors_and_admins_the_page(app: Flask, world: World) -> None:
    world.do(create, NewProject(VILLAGES[0], "我村", "micro", "灯", 1_000_00), "ours")
    world.do(create, NewProject(VILLAGES[2], "别村", "micro", "灯", 1_000_00), "theirs")
    for role, status in (("auditor", 200), ("liaison", 403)):
        world.do(create_manager, role, PASSWORD, role, "test", "4101")
        reader = Reader(app.test_client(), world)
        reader.sign_in(role)
        page = text(reader.open("/console/audit", status))
        assert ("我村" in page, "别村" in page) == (role == "auditor", False)
        reader.open("/console/audit.csv", status)


def test_the_file_has_every_entry_and_no_formula(manager: Reader, world: World) -> None:
    about = f"project:{world.projects[0]}"
    world.do(lambda tx: [record_audit(tx, "=cmd()", "project.rate", about, rating=n % 5 + 1) for n in range(1_100)])
    text_ = manager.open("/console/audit.csv?act=project.rate")
    assert text_.count("\ufeff") == 1 and manager.page.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(text_[1:])))
    assert rows[0][:3] == ["时间（北京）", "谁", "做了什么"]
    assert len(rows) == 1_100 + 1 and len({row[-1] for row in rows}) == len(rows)
    assert rows[1][1] == "'=cmd()" and rows[1][2] == "评定项目星级"
    assert "export.audit" in manager.open("/console/audit"), "who took it away is recorded"


def test_a_refused_route_and_the_kind_of_an_agreement_are_said_in_words(
    app: Flask, manager: Reader, world: World
) -> None:
    world.do(create_manager, "kim", PASSWORD, "liaison", "test", VILLAGES[0])
    kim = Reader(app.test_client(), world)
    kim.sign_in("kim")
    kim.open(f"/console/funds/{world.fund}", 404)
    manager.open("/console/agreements")
    typed = {"kind": "donation", "number": "A-1", "title": "x", "party": "y", "signed_on": "2026-09-01"}
    manager.send("/network/41/agreements", **typed)
    page = text(manager.open("/console/audit"))
    assert "查看“基金”（/funds/…）" in page and "int:fund_id" not in page
    assert "捐赠协议" in page and "类别： donation" not in page, page
