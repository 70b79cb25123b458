"""Teams: founded, joined by a link, counted for, and seen once somebody has approved their name."""

import pytest

from campaigns.teams.names import look_of, name_fault
from kernel.errors import Forbidden
from tests.api.client import Api, problem
from tests.web.reader import Reader, text
from tests.world import World


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "required"),
        ("队", "length_out_of_range"),
        ("队" * 21, "too_long"),
        ("队\u202e心爱", "direction_controls"),
        ("一队\n二队", "control_characters"),
        ("爱心队<b>", "team_name_characters"),
        ("Кrasnaya", "team_name_characters"),
        ("2026", "team_name_characters"),
        ("加微信abc", "contact_inside"),
        ("洛阳市慈善总会", "reserved_name"),
        ("ADMIN队", "reserved_name"),
    ],
)
def test_an_invalid_team_name_is_refused(name: str, code: str) -> None:
    refused = name_fault(name)
    assert refused is not None and refused.code == code


@pytest.mark.parametrize("name", ["高一(3)班", "老张一家", "Team 1", "A·B", "同心-一队"])
def test_a_valid_team_name_is_accepted(name: str) -> None:
    assert name_fault(name) is None


def test_a_form_that_came_too_often_keeps_what_was_typed(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Forbidden("rate_limited", retry_after_s=60)

    monkeypatch.setattr("app.http.rate_limit.hit", refuse)
    reader.open("/c/day/teams/new")
    page = reader.send("/teams/new", 429, name="晨跑小组")
    assert 'value="晨跑小组"' in page and "操作太频繁" in page


def test_names_that_look_alike_look_the_same() -> None:
    assert look_of("Team 10") == look_of("tea m lO") == look_of("TEAM·I0")


def founded(reader: Reader, name: str = "老张一家") -> str:
    reader.open("/c/day/teams/new")
    reader.send("/c/day/teams/new", name=name)
    return reader.page.request.path


def test_a_team_from_founding_to_standings(manager: Reader, world: World) -> None:
    world.pot(10_000_00)
    address = founded(manager)
    page = text(manager.page.text)
    assert "一支新队伍" in page and "老张一家" not in page, "nobody has approved the name"
    assert f'{address}"' in manager.page.text and manager.http.get(f"{address}/qr.svg").mimetype == "image/svg+xml"

    page = manager.open(manager.form_page)  # the founder's browser has joined
    assert "计入：" in page and "老张一家" not in text(page)
    manager.send(manager.form_page)
    (donation,) = world.do(lambda tx: tx.rows("SELECT id, team FROM donation"))
    assert donation.team == "老张一家"
    world.pay(donation.id)
    assert "老张一家" not in manager.open("/c/day/standings?by=team")

    manager.open("/console/teams")
    manager.send(f"/console/teams/{address.rsplit('/', 1)[1]}", decision="approve")
    page = text(manager.open(address))
    assert "老张一家" in page and "200 元" in page and "1 人捐了 1 笔" in page
    assert "老张一家" in manager.open("/c/day/standings?by=team") and "老张一家" in manager.open("/c/day/teams")
    assert "一起捐了 200 元" in text(manager.page.text)
    assert "计入： 老张一家" in text(manager.open(manager.form_page))

    manager.open("/console/teams?state=approved")
    manager.send(f"/console/teams/{address.rsplit('/', 1)[1]}", decision="refuse", reason="冒名")
    manager.open(address, 404)
    assert "老张一家" not in manager.open("/c/day/standings?by=team")


def test_a_friend_joins_by_the_link_and_may_leave(reader: Reader, world: World) -> None:
    world.team("老张一家")
    reader.open("/c/day/teams/1/join")
    assert "计入： 老张一家" in text(reader.open(reader.form_page))
    page = reader.send(reader.form_page, team=None, edit="1", custom="66.60")
    assert "计入" not in page and 'value="66.60"' in page
    assert "计入" not in reader.open(reader.form_page)
    assert "计入： 老张一家" in text(reader.open(reader.form_page + "?team=1"))
    assert "计入： 老张一家" in text(reader.open(reader.form_page + "?team=老张一家"))


@pytest.mark.parametrize("link", ["x" * 80, "\u202e队心爱", "<b>队</b>", "99", "加微信abc"])
def test_a_link_with_a_team_that_cannot_be_never_blocks(reader: Reader, world: World, link: str) -> None:
    page = text(reader.open(reader.form_page + f"?team={link}"))
    assert "计入" not in page and link not in page
    reader.send(reader.form_page, team=link)
    assert reader.donations() == 1
    world.pay(world.do(lambda tx: tx.scalar("SELECT id FROM donation")))
    assert link not in text(reader.open("/c/day/standings?by=team"))


def test_a_name_that_looks_like_another_is_taken(reader: Reader, world: World) -> None:
    world.team("Team 10")
    reader.open("/c/day/teams/new")
    assert "已被使用" in reader.send("/c/day/teams/new", 409, name="Team lO")
    for number in range(3):
        founded(reader, f"同心队{number}x")
    reader.open("/c/day/teams/new")
    assert "等着看的队名太多了" in text(reader.send("/c/day/teams/new", 409, name="第四队"))


def test_teams_by_api(reader: Reader, world: World) -> None:
    api = Api(reader.http, world)
    world.pay(world.give(30_00, team="red"))
    made = api.post("/campaigns/day/teams", {"name": "red", "kind": "friends"})
    assert made.status_code == 201 and made.get_json()["name"] is None
    assert api.get("/campaigns/day/teams").get_json() == []
    problem(api.post("/campaigns/day/teams", {"name": "官方队", "kind": "friends"}), 422, "team_invalid")
    waiting = api.manage("/teams", None, 200, method="GET")
    assert [row["name"] for row in waiting] == ["red"]
    api.manage(f"/teams/{waiting[0]['id']}/approve", status=200)
    shown = api.get(f"/campaigns/day/teams/{waiting[0]['id']}").get_json()
    assert (shown["name"], shown["raised_minor"], shown["donors"]) == ("red", 30_00, 1)
    world.pay(world.give(30_00, team="blue"))
    assert api.manage("/campaigns/day/team-labels", {"name": "blue", "kind": "unit"})["state"] == "approved"
    assert {row["code"] for row in api.get("/campaigns/day/standings?by=team").get_json()} == {"red", "blue"}
