"""Tables that people take away: what they hold, for whom, in both languages."""

from campaigns.network.people import create_manager
from tests.web.reader import PASSWORD, Reader
from tests.web.test_csv_files import cells
from tests.web.workbook import read_workbook
from tests.world import World


def test_a_table_has_places_and_sums_of_the_books(manager: Reader, world: World) -> None:
    world.pay(world.give(66_60))
    rows = read_workbook(manager.http.get(f"/console/campaigns/{world.slug}/projects.xlsx").get_data())
    head, first = rows[0], rows[1]
    assert head[2:5] == ["县区", "乡镇街道", "村（社区）或单位"]
    assert first[head.index("筹款（元）")] == ("66.60", "4")
    assert len(rows) - 1 == len(world.projects)
    english = cells(
        manager.http.get(f"/console/campaigns/{world.slug}/projects.csv?lang=en").get_data(as_text=True)
    )
    assert english[0][2] == "County" and english[1][head.index("筹款（元）")] == "66.60"


def test_a_county_takes_away_what_is_theirs(reader: Reader, world: World) -> None:
    world.do(create_manager, "county", PASSWORD, "manager", "test", "4102")
    reader.sign_in("county")
    rows = cells(reader.http.get("/console/projects.csv").get_data(as_text=True))
    whole = cells(reader.http.get(f"/console/campaigns/{world.slug}/standings.csv").get_data(as_text=True))
    assert rows[1:] and {row[2] for row in rows[1:]} == {"嵩县"}, rows
    assert whole[0][1] == "代码"


def test_downloads_are_recorded_in_the_audit_trail(manager: Reader, world: World) -> None:
    fund = world.do(lambda tx: tx.scalar("SELECT max(id) FROM fund"))
    assert manager.http.get(f"/console/funds/{fund}/statement.csv").status_code == 200
    entries = world.do(
        lambda tx: tx.rows("SELECT actor, subject, detail FROM audit_entry WHERE action = 'export.table'")
    )
    assert [(entry.actor, entry.subject, entry.detail) for entry in entries] == [
        ("boss", f"fund:{fund}", {"table": "fund-statement"})
    ]


def test_a_filter_that_does_not_exist_is_refused_and_takes_nothing_away(manager: Reader, world: World) -> None:
    response = manager.http.get(f"/console/campaigns/{world.slug}/standings.xlsx?by=planet")
    assert response.status_code == 422
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM audit_entry WHERE action = 'export.table'")) == 0
