"""People: found, invited by link and by list, changed, switched off; tokens and partner platforms; each within the
own branch."""

import csv
import io
import re

import pytest
from flask import Flask

from campaigns.audit import entries_of
from campaigns.network import accounts, links, sessions, tokens
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.network.tokens import caller_of_token
from kernel.db import Tx
from tests.web.reader import PASSWORD, Reader, forms, text
from tests.world import World

CODE = re.compile(r"<code>([^<]+)</code>")


@pytest.fixture
def liaison(world: World) -> int:
    made = world.do(create_manager, "li", PASSWORD, "liaison", "test", "4101", "李联络")
    return int(made.id or 0)


def test_people_are_found_by_name_role_state_and_place(manager: Reader, world: World, liaison: int) -> None:
    for query in ("q=李联", "q=LI", "q=栾川", "role=liaison", "state=on&q=li"):
        page = text(manager.open(f"/console/people?{query}"))
        assert "李联络" in page and "从未登录" in page, query
    for query in ("q=没有这人", "role=auditor", "state=off", "q=_"):
        assert "没有找到人员" in manager.open(f"/console/people?{query}"), query
    assert "boss" in manager.open("/console/people") and "没有开启" in manager.page.text


def test_an_invitation_becomes_an_account_with_its_role_and_branch(
    manager: Reader, app: Flask, world: World
) -> None:
    manager.open("/console/people/invite")
    assert "请填写" in manager.send("/people/invite", 422, verb="save", name="王<b>")
    answer_page = manager.send("/people/invite", name="王<b>", role="finance", place_q="栾川", verb="find")
    assert "栾川县" in answer_page and "王&lt;b&gt;" in answer_page
    page = manager.page
    (link,) = CODE.findall(manager.send("/people/invite", role="finance", branch="4101", verb="save"))
    manager.page = page
    manager.send("/people/invite", role="finance", branch="4101", verb="save")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM account_link")) == 1, "a second click invites nobody"
    assert "王&lt;b&gt;" in manager.open("/console/people/invitations")
    guest = Reader(app.test_client(), world)
    guest.open(link.replace(world.deps.public_url, ""))
    guest.send("/console/join", login="wang", password=PASSWORD, again=PASSWORD)
    guest.sign_in("wang")
    wang = world.do(lambda tx: accounts.account_of(accounts.find_by_login(tx, "wang")))
    assert (wang.role, wang.branch_code) == ("finance", "4101")
    manager.open("/console/people/invitations")
    assert "没有未用的邀请" in manager.page.text


def test_open_invitations_are_paged_and_searched(manager: Reader, world: World) -> None:
    def many(tx: Tx) -> None:
        guests = [*(links.Invited("liaison", "4101", f"客人{number:02}") for number in range(51))]
        links.invite_all(tx, Caller("boss", "admin"), [*guests, links.Invited("auditor", None, "王审计")])

    world.do(many)
    page = text(manager.open("/console/people/invitations"))
    assert "未用的邀请 52" in page and "王审计" in page and "客人01" not in page
    assert "客人01" in text(manager.open("/console/people/invitations?page=2"))
    page = text(manager.open("/console/people/invitations?q=栾川&page=2"))
    assert "未用的邀请 51" in page and "客人00" in page and "王审计" not in page
    assert "王审计" in manager.open("/console/people/invitations?q=王审")
    assert "没有找到符合的邀请" in manager.open("/console/people/invitations?q=_")


def test_an_invitation_that_was_revoked_opens_nothing(manager: Reader, app: Flask, world: World) -> None:
    manager.open("/console/people/invite")
    (link,) = CODE.findall(manager.send("/people/invite", role="auditor", verb="save"))
    manager.open("/console/people/invitations")
    assert "链接失效" in manager.send("/revoke")
    assert app.test_client().get(link.replace(world.deps.public_url, ""), follow_redirects=True).status_code == 404


LIST = "姓名,角色,机构代码\n张三,村联络员,41010101\n李四,reviewer,4102\n"


def test_many_are_invited_by_a_list_after_a_preview(manager: Reader, world: World) -> None:
    manager.open("/console/people/invite-file")
    assert "文件里没有数据行" in text(manager.send("/invite-file", 422, text="", verb="preview"))
    bad = LIST + "赵六,皇帝,4102\n张三,村联络员,41010101\n钱七,财务,9999\n"
    page = text(manager.send("/invite-file", 422, text=bad, verb="preview"))
    assert "第 4 行“角色”" in page and "第 5 行“姓名” ： 与第 2 行重复" in page.replace("：", " ： ").replace(
        "  ", " "
    )
    assert "第 6 行“机构代码”" in page and "发出邀请" not in page
    manager.send("/invite-file", 422, text=bad, verb="save")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM account_link")) == 0
    noted = LIST.replace("\n", ",门卡\n", 1)
    assert "没有读的列：门卡" in text(manager.send("/invite-file", text=noted, verb="preview"))
    assert "将邀请 2 人" in text(manager.send("/invite-file", text=LIST, verb="preview"))
    manager.page, preview = manager.page, manager.page
    response = manager.send("/invite-file", text=LIST, verb="save")
    rows = list(csv.reader(io.StringIO(response[1:])))
    assert manager.page.mimetype == "text/csv" and [row[0] for row in rows] == ["姓名", "张三", "李四"]
    assert len({row[3] for row in rows[1:]}) == 2 and "/console/join?token=al_" in rows[1][3]
    manager.page = preview
    assert manager.send("/invite-file", text=LIST, verb="save") == response, "a second click gives the same links"
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM account_link")) == 2
    manager.open("/console/people/invite-file")
    assert "2 人已有还没用的邀请" in text(manager.send("/invite-file", text=LIST, verb="preview"))
    trail = text(manager.open("/console/audit?act=invitation.create")).partition("来自网络")[2]
    assert trail.count("发出邀请") == 2 and "boss" in trail, trail


def test_role_branch_and_name_are_changed_and_a_colleague_is_not_overwritten(
    manager: Reader, world: World, liaison: int
) -> None:
    manager.open(f"/console/people/{liaison}")
    stale = manager.page
    manager.open(f"/console/people/{liaison}")
    page = manager.send("/rights", role="reviewer", name="李<i>", branch="4101", verb="save")
    assert "已保存" in page and "李&lt;i&gt;" in page and "立项评审" in page
    manager.page = stale
    refused = text(manager.send("/rights", role="finance", name="李", branch="", verb="save"))
    assert "boss 在 " in refused and "改过这里" in refused
    changed = world.do(lambda tx: accounts.account_of(accounts.find_by_login(tx, "li")))
    assert (changed.role, changed.branch_code, changed.name) == ("reviewer", "4101", "李<i>")


def test_switching_off_ends_sessions_and_a_link_sets_a_new_password(
    manager: Reader, app: Flask, world: World, liaison: int
) -> None:
    other = Reader(app.test_client(), world)
    other.sign_in("li")
    manager.open(f"/console/people/{liaison}")
    (link,) = CODE.findall(manager.send("/password-link"))
    assert "al_" in link
    manager.open(f"/console/people/{liaison}")
    assert "登录于" in manager.page.text
    assert "现在没有登录" in manager.send("/end")
    assert "密码" in other.open("/console/projects")
    page = text(manager.open(f"/console/people/{liaison}/disable"))
    assert "0 处登录、0 个令牌、1 个没用的链接现在结束" in page and "随时可以再启用" in page
    assert "请填写" in text(manager.send("/disable", verb="save", reason=" "))
    assert "已停用" in manager.send("/disable", verb="save", reason="离职")
    assert "原因：离职" in text(manager.open(f"/console/audit?kind=manager&number={liaison}"))
    manager.open(f"/console/people/{liaison}")
    assert "启用账号" in manager.page.text and "发新密码链接" not in manager.page.text
    assert "账号已启用" in manager.send("/enable")
    assert "停用人员账号" in text(manager.open("/console/audit?act=manager.disable"))


def test_nobody_disables_their_own_account(manager: Reader) -> None:
    manager.open("/console/people?q=boss")
    manager.open(re.search(r"/console/people/\d+", manager.page.text)[0])  # type: ignore[index]
    verbs = manager.page.text.split("<main")[1].split("columns")[0]
    assert "取消两步验证" not in verbs and "停用账号" not in verbs
    where = next(form[0] for form in forms(manager.page.text) if form[0].endswith("/end_sessions"))
    assert "不能停用自己的账号" in manager.open(where.replace("end_sessions", "disable"))


def test_a_county_sees_and_changes_only_its_own(app: Flask, world: World, liaison: int) -> None:
    stranger = world.do(create_manager, "far", PASSWORD, "liaison", "test", "4102").id
    world.do(tokens.create_token, "auditor", "far-token", "test", "4102")
    world.do(create_manager, "county", PASSWORD, "admin", "test", "4101")
    reader = Reader(app.test_client(), world)
    reader.sign_in("county")
    people = reader.open("/console/people")
    assert "李联络" in people and ">far<" not in people
    assert "far-token" not in reader.open("/console/tokens")
    reader.open(f"/console/people/{stranger}", 404)
    reader.open("/console/partners", 403)
    reader.open("/console/people/invite")
    page = reader.send("/people/invite", place_q="县", verb="find")
    assert 'value="4101"' in page and 'value="4102"' not in page
    reader.open("/console/people/invite")
    for branch in ("4102", ""):
        reader.send("/people/invite", 422, role="auditor", branch=branch, verb="save")
        reader.open("/console/people/invite")
    reader.open("/console/people/invite-file")
    assert "第 3 行“机构代码”" in text(reader.send("/invite-file", 422, text=LIST, verb="preview"))
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM account_link")) == 0


def test_a_county_ends_no_session_of_another_under_the_name_of_its_own(
    app: Flask, world: World, liaison: int
) -> None:
    stranger = world.do(create_manager, "far", PASSWORD, "liaison", "test", "4102")
    world.do(create_manager, "county", PASSWORD, "admin", "test", "4101")
    other, own, county = (Reader(app.test_client(), world) for _ in range(3))
    other.sign_in("far")
    own.sign_in("li")
    county.sign_in("county")
    foreign, near = (world.do(sessions.list_sessions, account)[0].id for account in (stranger.id, liaison))
    county.open(f"/console/people/{liaison}")
    where, fields = next(form for form in forms(county.page.text) if form[0].endswith(f"/sessions/{near}/end"))
    page = county.http.post(where.replace(f"/{near}/", f"/{foreign}/"), data=fields, follow_redirects=True)
    assert "notice bad" in page.text
    assert len(world.do(sessions.list_sessions, stranger.id)) == 1
    county.send(f"/sessions/{near}/end")
    assert world.do(sessions.list_sessions, liaison) == []


def test_a_token_is_shown_once_narrowed_and_revoked(manager: Reader, world: World) -> None:
    manager.open("/console/tokens/new")
    assert "请填写" in manager.send("/tokens/new", 422, verb="save", name="", role="finance")
    made = manager.send(
        "/tokens/new", name="账<b>", role="finance", scopes=["read", "screen"], days="30", verb="save"
    )
    (token,) = CODE.findall(made)
    caller = world.do(caller_of_token, token)
    assert caller is not None and caller.permissions == {"read"}, "a right that the role lacks is not given"
    listed = manager.open("/console/tokens")
    assert token not in listed and "账&lt;b&gt;" in listed and "只可：查看" in text(listed)
    assert "令牌已吊销" in manager.send("/revoke") and "已吊销" in manager.page.text
    assert world.do(caller_of_token, token) is None


def test_a_platform_is_registered_and_its_secret_rotated(manager: Reader, world: World) -> None:
    manager.open("/console/partners")
    assert "只能用 1 至 40" in manager.send("/partners", 422, name="有空格 的", title="平台")
    (first,) = CODE.findall(manager.send("/partners", name="shanmei", title="善<b>美"))
    assert first.startswith("whsec_")
    manager.open("/console/partners/shanmei")
    assert "善&lt;b&gt;美" in manager.page.text and first not in manager.page.text
    assert "已停用" not in manager.page.text
    (second,) = CODE.findall(manager.send("/secrets", days="7"))
    assert second != first
    manager.open("/console/partners/shanmei")
    assert "停用一个才能再建" in manager.page.text
    assert "密钥已停用" in text(manager.send("/end"))
    assert "限额已保存" in manager.send("/limits", gift_most_minor="1,000", day_most_count="50")
    assert "1,000.00" in manager.page.text
    assert "aria-invalid" in manager.send("/limits", 422, gift_most_minor="1,50")
    acts = world.do(entries_of, "partner:shanmei")
    assert [entry.action for entry in reversed(acts)] == [
        "partner.create",
        "partner.secret",
        "partner.secret_end",
        "partner.limits",
    ]
