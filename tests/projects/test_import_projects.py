"""Projects from the tables that counties send in. Amounts are fen."""

from pathlib import Path

import pytest

from campaigns.import_plan import Confirmation
from campaigns.imports.kinds import Imported, ImportRequest, import_file, preview
from campaigns.network.import_tree import import_tree
from campaigns.network.tree_file import read
from campaigns.projects.drafts import MOST_SUMMARY
from campaigns.projects.import_projects import plan_projects
from campaigns.projects.project_file import read as read_projects
from kernel.errors import Conflict, Fault, Invalid
from tests.cli.conftest import Terminal, app, terminal
from tests.world import ACTOR, World

__all__ = ["app", "terminal"]

HEAD = "organisation,name,tier,summary,target,currency,code\n"
ROW = "41010101,蒿坪村路灯,micro,照亮村路,30000,CNY,LY-1\n"
REQUEST = ImportRequest("projects", Confirmation(ACTOR))


def take(world: World, text: str | bytes) -> Imported:
    return import_file(world.deps, REQUEST, text.encode() if isinstance(text, str) else text)


def objections(world: World, text: str) -> dict[str, str]:
    plan = preview(world.deps, REQUEST, text.encode())
    return {place: fault.code for place, fault in plan.objections.items()}


def projects(world: World) -> list[tuple[str, ...]]:
    sql = "SELECT code, organisation_code, name, tier, status, target_minor FROM project WHERE id > 3 ORDER BY id"
    return [tuple(row) for row in world.do(lambda tx: tx.rows(sql))]


def test_rows_become_drafts_once(world: World) -> None:
    assert take(world, HEAD + ROW).added == 1
    assert projects(world) == [("LY-1", "41010101", "蒿坪村路灯", "micro", "draft", 30_000_00)]
    assert take(world, HEAD + ROW).added == 0
    assert len(projects(world)) == 1
    world.check()


def test_a_summary_may_be_as_long_as_on_the_form(world: World) -> None:
    long = "字" * MOST_SUMMARY
    text = "organisation,name,tier,summary,target\n41010101,路灯,micro,{},100\n"
    assert objections(world, text.format(long + "字")) == {"line 2.summary": "too_long"}
    assert take(world, text.format(long)).added == 1


def test_places_by_name_as_counties_write_them(world: World) -> None:
    tree = "code,name,level,parent_code\n41,洛阳市,city,\n4101,栾川县,county,41\n410101,庙子镇,township,4101\n"
    world.do(import_tree, read(tree + "41010109,车村村民委员会,village,410101\n"), ACTOR)
    text = (
        "2026 年公益日项目汇总表,,,,,,\n县区,乡镇,村（社区）,项目名称,项目类别,项目简介,目标金额（元）\n"
        "栾川县,庙子镇,车村,车村路灯,村级微项目,照亮村路,¥30,000.00\n"
        "嵩县,,,嵩县助学,县区专项,助学,１００００元\n,,蒿坪村,蒿坪村午餐,微项目,午餐,5000\n合计,,,,,,45000\n"
    ).replace("¥30,000.00", '"¥30,000.00"')
    assert take(world, text.encode("gb18030")).added == 3
    assert [row[1:] for row in projects(world)] == [
        ("41010109", "车村路灯", "micro", "draft", 30_000_00),
        ("4102", "嵩县助学", "special", "draft", 10_000_00),
        ("41010101", "蒿坪村午餐", "micro", "draft", 5_000_00),
    ]
    assert take(world, text.replace("合计,,,,,,45000\n", "").encode("utf-16")).added == 0


def test_every_fault_is_named_and_nothing_is_created(world: World) -> None:
    rows = (
        "41010199,甲,micro,a,100,CNY,A-1\n"  # no such organisation
        '41010101,乙,giant,a,"1,50",USD,A 2\n'  # tier, amount
        "41010101,丙,giant,a,150,USD,A 3\n"  # tier, currency, code
        ",丁,micro,a,100,CNY,A-4\n"  # no place
        "41010101,戊,micro,a,0,CNY,A-5\n41010101,己,micro,a,9,CNY,A-5\n41010101,,micro,a,1.2E+07,CNY,1.2E+11\n"
    )
    expected = {
        "line 2.organisation": "unknown_organisation",
        "line 3.code": "code_format",
        "line 3.currency": "currency_unsupported",
        "line 3.target_yuan": "amount_ambiguous",
        "line 3.tier": "not_one_of",
        "line 4.code": "code_format",
        "line 4.currency": "currency_unsupported",
        "line 4.tier": "not_one_of",
        "line 5.organisation": "place_required",
        "line 6.target_yuan": "amount_not_positive",
        "line 7.code": "repeated_line",
        "line 8.code": "spreadsheet_number",
        "line 8.name": "required",
        "line 8.target_yuan": "not_an_amount",
    }
    assert dict(sorted(objections(world, HEAD + rows).items())) == expected
    with pytest.raises(Invalid) as error:
        take(world, HEAD + ROW + rows)
    assert error.value.code == "import_invalid"
    assert projects(world) == []


def test_a_different_project_under_a_known_code_is_refused(world: World) -> None:
    take(world, HEAD + ROW)
    text = HEAD + ROW.replace("30000", "40000").replace("路灯", "水井")
    assert objections(world, text) == {"line 2.name": "differs", "line 2.target_yuan": "target_differs"}
    with pytest.raises(Conflict) as error:
        take(world, text)
    assert error.value.code == "import_contradicts"
    assert error.value.fields["line 2.target_yuan"] == Fault("target_differs", {"before_minor": 30_000_00})
    assert len(projects(world)) == 1


@pytest.mark.parametrize(
    ("place", "column", "code"),
    [
        ("栾川县,庙子镇,没有村", "village", "place_not_found"),
        ("栾川县,没有镇,同名村", "township", "place_not_found"),
        ("没有县,,", "county", "place_not_found"),
        (",,同名村", "village", "place_ambiguous"),
    ],
)
def test_a_place_that_is_not_clear(world: World, place: str, column: str, code: str) -> None:
    tree = "code,name,level,parent_code\n41,洛阳市,city,\n4101,栾川县,county,41\n410101,庙子镇,township,4101\n"
    two = "41010108,同名村,village,410101\n41010109,同名村,village,410101\n"
    world.do(import_tree, read(tree + two), ACTOR)
    text = f"county,township,village,name,tier,summary,target\n{place},甲,micro,a,100\n"
    assert objections(world, text) == {f"line 2.{column}": code}


def test_rows_outside_the_branch_are_named(world: World) -> None:
    file = read_projects(HEAD + ROW + ROW.replace("41010101", "41020101").replace("LY-1", "LY-2"))
    plan = world.do(plan_projects, file, "4101")
    assert {place: fault.code for place, fault in plan.faults.items()} == {"line 3.organisation": "outside_branch"}


def test_by_command_with_a_preview(world: World, terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "projects.csv"
    rows = [ROW.replace("LY-1", f"LY-{number}").replace("路灯", f"路灯{number}") for number in range(300)]
    file.write_text(HEAD + "".join(rows))
    output = terminal.ok("import-projects", str(file), "--preview")
    assert "新的项目（目标金额）：300 行，共 9,000,000.00 元" in output
    assert "New projects (target amounts): 300 rows, 9,000,000.00 yuan" in output
    assert projects(world) == []
    assert terminal.ok("import-projects", str(file), "--lang", "en") == "300 new projects\n"
    assert terminal.ok("import-projects", str(file), "--lang", "en") == "0 new projects\n"
    assert len(projects(world)) == 300
    file.write_text((HEAD + rows[0]).replace("路灯0", "别的"))
    assert "第 2 行“项目名称”" in terminal.refused("import_contradicts", "import-projects", str(file))
