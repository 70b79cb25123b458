"""Accounts and tokens through the API: own branch and below, and nobody gives more than they have."""

from datetime import timedelta

import pytest
from flask import Flask

from campaigns.network.accounts import disable, find_by_login
from campaigns.network.people import caller_of, create_manager, sign_in
from campaigns.network.roles import PERMISSIONS
from campaigns.network.sessions import start_session
from campaigns.network.tokens import TokenTerms, create_token
from tests.api.client import Api, Json, problem
from tests.web.reader import Reader, text
from tests.world import World

PASSWORD = "correct horse"
OURS, NEIGHBOUR = "4101", "4102"


@pytest.fixture
def county(world: World) -> str:
    """The token of an administrator of one county."""
    token: str = world.do(create_token, "admin", "county", branch_code=OURS)
    return token


def made(api: Api, **other: object) -> Json:
    return api.manage("/users", {"login": "wang", "role": "manager", "branch": OURS, **other})


def test_an_account_from_beginning_to_end(api: Api, world: World) -> None:
    user = made(api, name="王芳")
    path = f"/users/{user['id']}"
    assert user["link"].startswith(f"{world.deps.public_url}/console/join?token=al_")
    assert (user["enabled"], user["has_password"], user["name"], user["branch"]) == (True, False, "王芳", OURS)
    assert "link" not in api.get(path, api.token()).get_json()
    changed = api.manage(path, {"role": "auditor", "branch": None}, status=200, method="PATCH")
    assert (changed["role"], changed["branch"], changed["name"]) == ("auditor", None, "王芳")
    assert api.manage(path, {"name": ""}, status=200, method="PATCH")["name"] == ""
    assert api.manage(f"{path}/disable", {"reason": "left"}, status=200)["enabled"] is False
    problem(api.post(f"{path}/password-links", token=api.token()), 404, "manager_unknown")
    assert api.manage(f"{path}/enable", status=200)["enabled"] is True
    assert "token=al_" in api.manage(f"{path}/password-links")["link"]
    assert [row["login"] for row in api.get("/users", api.token()).get_json()] == ["wang"]
    problem(api.post("/users", {"login": "WANG", "role": "manager"}, api.token()), 409, "login_used")
    refusal = problem(
        api.post("/users", {"login": "li", "role": "manager", "branch": "x", "password": "x"}, api.token()),
        422,
        "manager_invalid",
    )
    assert set(refusal["errors"]) == {"branch", "password"}


def test_sessions_end(api: Api, world: World) -> None:
    user = made(api, password=PASSWORD)
    assert "link" not in user and user["has_password"]
    for _ in range(2):
        world.do(lambda tx: start_session(tx, sign_in(tx, "wang", PASSWORD)))
    path = f"/users/{user['id']}/sessions"
    assert len(api.get(path, api.token()).get_json()) == 2
    assert api.manage(f"{path}/end", status=200) == {"ended": 2}
    assert api.get(path, api.token()).get_json() == []


def test_no_caller_grants_or_takes_over_rights_beyond_their_own(api: Api, world: World, county: str) -> None:
    narrow = world.do(
        create_token, "admin", "people only", terms=TokenTerms(scopes=[*PERMISSIONS["auditor"], "people_write"])
    )
    boss = world.do(create_manager, "boss", PASSWORD, "admin", "test")
    auditor = made(api, login="auditor", role="auditor")
    problem(api.post("/users", {"login": "x", "role": "admin"}, narrow), 403, "role_beyond_own")
    problem(api.post("/invitations", {"role": "manager"}, narrow), 403, "role_beyond_own")
    problem(api.post("/tokens", {"name": "x", "role": "admin"}, narrow), 403, "role_beyond_own")
    for verb in ("disable", "enable", "password-links", "sessions/end"):
        problem(api.post(f"/users/{boss.id}/{verb}", token=narrow), 403, "role_beyond_own")
    own = f"/users/{auditor['id']}"
    problem(api.call("PATCH", own, {"role": "admin"}, narrow), 403, "role_beyond_own")
    assert api.call("PATCH", own, {"name": "A"}, narrow).status_code == 200
    limited = {"name": "x", "role": "admin", "scopes": ["read"]}
    assert api.post("/tokens", limited, narrow).status_code == 201
    # The branch is a limit like the role.
    problem(api.call("PATCH", own, {"branch": None}, county), 403, "not_permitted")
    problem(api.call("PATCH", own, {"branch": NEIGHBOUR}, county), 403, "not_permitted")
    for path, body in (
        ("/users", {"login": "x", "role": "auditor"}),
        ("/invitations", {"role": "auditor"}),
        ("/tokens", {"name": "x", "role": "auditor"}),
    ):
        for branch in (None, NEIGHBOUR, "41"):
            problem(api.post(path, {**body, "branch": branch}, county), 403, "not_permitted")
        assert api.post(path, body, county).get_json()["branch"] == OURS
    problem(api.get(f"/users/{boss.id}", county), 404, "manager_unknown")
    problem(api.post(f"/users/{boss.id}/disable", token=county), 404, "manager_unknown")
    assert world.do(find_by_login, "boss").disabled_at is None


def test_nobody_disables_their_own_account(api: Api, world: World) -> None:
    owner, other = (world.do(create_manager, login, PASSWORD, "admin", "test").id for login in ("owner", "other"))
    token = world.do(create_token, "admin", "of owner", terms=TokenTerms(owner_id=owner))
    problem(api.post(f"/users/{owner}/disable", token=token), 409, "account_own")
    assert api.get(f"/users/{owner}", token).get_json()["enabled"] is True
    assert api.post(f"/users/{other}/disable", token=token).status_code == 200


def test_the_last_administrator_stays(api: Api, world: World) -> None:
    boss = world.do(create_manager, "boss", PASSWORD, "admin", "test")
    problem(api.post(f"/users/{boss.id}/disable", token=api.token()), 409, "last_admin")
    problem(api.call("PATCH", f"/users/{boss.id}", {"role": "auditor"}, api.token()), 409, "last_admin")


def test_a_token_has_scopes_an_end_and_an_owner(api: Api, world: World) -> None:
    body = {"name": "reports", "role": "manager", "scopes": ["read", "projects_write"]}
    token = api.manage("/tokens", body)
    shown = api.get(f"/tokens/{token['id']}", api.token()).get_json()
    assert "token" not in shown and shown["scopes"] == ["projects_write", "read"]
    assert shown["last_used_at"] is None and shown["created_by"] == "token:test admin"
    assert api.get("/funds", token["token"]).status_code == 200
    problem(api.post("/funds", {"name": "x", "kind": "special"}, token["token"]), 403, "not_permitted")
    used = f"SELECT last_used_at FROM api_token WHERE id = {token['id']}"
    first = world.do(lambda tx: tx.scalar(used))
    world.clock.advance(seconds=59)
    assert api.get("/funds", token["token"]).status_code == 200
    assert world.do(lambda tx: tx.scalar(used)) == first
    world.clock.advance(seconds=1)
    assert api.get("/funds", token["token"]).status_code == 200
    assert world.do(lambda tx: tx.scalar(used)) - first == timedelta(minutes=1)
    world.clock.advance(days=90)
    problem(api.get("/funds", token["token"]), 401, "token_invalid")
    lasting = api.manage("/tokens", {"name": "lasting", "role": "auditor", "expires_at": None})
    assert lasting["expires_at"] is None
    api.manage(f"/tokens/{lasting['id']}/revoke", status=200)
    problem(api.get("/funds", lasting["token"]), 401, "token_invalid")
    past = {"name": "x", "role": "auditor", "expires_at": "2020-01-01T00:00:00Z", "scopes": ["reconcile"]}
    refusal = problem(api.post("/tokens", past, api.token()), 422, "token_terms_invalid")
    assert set(refusal["errors"]) == {"expires_at", "scopes"}


def test_a_token_that_a_person_made_ends_with_their_account(api: Api, world: World) -> None:
    world.do(create_manager, "other", PASSWORD, "admin", "test")
    boss = world.do(create_manager, "boss", PASSWORD, "admin", "test")
    assert caller_of(boss).manager_id == boss.id
    session = world.do(lambda tx: start_session(tx, sign_in(tx, "boss", PASSWORD)))
    with api.http.session_transaction() as cookie:
        cookie["manager_session"] = session
    own = {"Origin": "http://localhost"}
    token = api.http.post("/api/v1/tokens", json={"name": "mine", "role": "admin"}, headers=own).get_json()
    assert (token["owner"], token["created_by"]) == ("boss", "boss")
    of_token = api.post("/tokens", {"name": "next", "role": "admin"}, token["token"]).get_json()
    assert of_token["owner"] == "boss"
    world.do(disable, "boss", "test")
    for made_by_boss in (token, of_token):
        problem(api.get("/funds", made_by_boss["token"]), 401, "token_invalid")


def test_an_invitation_is_accepted_on_a_page(app: Flask, api: Api, world: World) -> None:
    invitation = api.manage("/invitations", {"role": "liaison", "branch": OURS, "name": "王芳"})
    listed = api.get("/invitations", api.token()).get_json()
    assert [row["id"] for row in listed] == [invitation["id"]] and "link" not in listed[0]
    reader = Reader(app.test_client(), world)
    address = invitation["link"].removeprefix(world.deps.public_url)
    page = reader.open(address)
    assert reader.page.request.path == "/console/join" and not reader.page.request.query_string
    assert "村联络员" in text(page) and "王芳" in page
    filled = {"login": "wang", "password": PASSWORD}
    assert "不一样" in reader.send("/console/join", 422, **filled, again="another")
    assert "10" in reader.send("/console/join", 422, login="wang", password="short", again="short")
    assert "密码已设好" in reader.send("/console/join", **filled, again=PASSWORD)
    reader.send("/console/sign-in", login="wang", password=PASSWORD)
    assert "退出" in reader.open("/console/")
    assert "已失效" in Reader(app.test_client(), world).open(address, 404)
    other = api.manage("/invitations", {"role": "auditor"})
    assert api.post(f"/invitations/{other['id']}/revoke", token=api.token()).status_code == 204
    problem(api.post(f"/invitations/{other['id']}/revoke", token=api.token()), 404, "invitation_unknown")


def test_a_password_link_signs_everybody_else_out(app: Flask, api: Api, world: World) -> None:
    user = made(api, password=PASSWORD)
    reader = Reader(app.test_client(), world)
    link = api.manage(f"/users/{user['id']}/password-links")["link"]
    world.do(lambda tx: start_session(tx, sign_in(tx, "wang", PASSWORD)))
    reader.open(link.removeprefix(world.deps.public_url))
    reader.send("/console/join", password="battery staple", again="battery staple")
    assert api.get(f"/users/{user['id']}/sessions", api.token()).get_json() == []
    assert world.do(sign_in, "wang", "battery staple").login == "wang"


def test_a_stolen_token_does_not_get_around_the_owners_password_or_second_factor(api: Api, world: World) -> None:
    owner = world.do(create_manager, "owner", PASSWORD, "admin", "test").id
    token = world.do(create_token, "admin", "of owner", terms=TokenTerms(owner_id=owner))
    problem(api.post(f"/users/{owner}/password-links", token=token), 403, "password_link_own")
    problem(api.post(f"/users/{owner}/second-factor/reset", token=token), 403, "second_factor_own")
    assert api.post(f"/users/{owner}/password-links", token=api.token()).status_code == 201
