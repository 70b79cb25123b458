"""One person with two accounts is no second person: accounts that they made, tokens that give rights."""

import pytest

from campaigns.network import joining, links, second_factor
from campaigns.network.accounts import find_by_login
from campaigns.network.people import caller_of, create_manager, hashed
from campaigns.network.roles import Caller
from campaigns.network.tokens import TokenTerms, create_token
from tests.api.approvals import LIMIT, app, ask, decide, second
from tests.api.client import Api, Json, problem
from tests.web.reader import PASSWORD
from tests.world import World

__all__ = ["app", "second"]


def reduction(world: World) -> tuple[str, Json]:
    """What needs a second person."""
    return f"/pots/{world.pot(300_00)}/reductions", {"amount_minor": LIMIT + 1}


def test_a_token_that_grants_rights_needs_two_people(api: Api, world: World, second: str) -> None:
    body = {"name": "nightly", "role": "admin", "branch": None}
    made = api.manage("/tokens", body)
    assert made["waits"] is True
    problem(api.get("/funds", made["token"]), 401, "token_invalid")
    approval = api.get(f"/approvals/{made['approval']}", second).get_json()
    assert (approval["act"], approval["subject"]) == ("token.activate", str(made["id"]))
    problem(decide(api, approval, api.token()), 403, "approval_own")
    assert decide(api, approval, second).status_code == 200
    assert api.get("/funds", made["token"]).status_code == 200
    narrow = api.manage("/tokens", body | {"scopes": ["read", "funds_write"]})
    assert (narrow["waits"], "approval" in narrow) == (False, False)


@pytest.mark.parametrize("way", ["password", "link", "factor", "invitation"])
def test_an_account_that_they_control_does_not_approve_their_act(api: Api, world: World, way: str) -> None:
    """Not either way, nor with two such accounts; a week later it is somebody's own."""
    boss = world.do(create_manager, "boss", PASSWORD, "admin", "test")
    token: str = world.do(create_token, "admin", "boss's", terms=TokenTerms(owner_id=boss.id))
    puppets = [caller_to(world, caller_of(boss), login, way) for login in ("wang", "li")]
    path, body = reduction(world)
    for asker, decider in ((token, puppets[0]), (puppets[0], token), puppets):
        approval = ask(api, path, body, asker)
        problem(decide(api, approval, decider), 403, "approval_own")
        assert decide(api, approval, api.token(), "decline", note="next").status_code == 200
    approval = ask(api, path, body, token)
    world.clock.advance(days=6, hours=23)
    problem(decide(api, approval, puppets[0]), 403, "approval_own")
    world.clock.advance(hours=2)
    approval = ask(api, path, body, token)
    assert decide(api, approval, puppets[0]).status_code == 200


def caller_to(world: World, boss: Caller, login: str, way: str) -> str:
    """A token of an account to which this administrator gave access."""
    if way == "invitation":
        link = world.do(links.invite, boss, "manager", None)
        world.do(joining.join, link.token, login, hashed(PASSWORD))
    else:
        maker = boss.name if way == "password" else "test"
        world.do(create_manager, login, PASSWORD, "manager", maker)
    account = world.do(find_by_login, login)
    if way == "link":
        world.do(links.link_to_password, boss, account)
    if way == "factor":
        world.do(second_factor.reset, account.id, boss.name)
    token: str = world.do(create_token, "manager", login, terms=TokenTerms(owner_id=account.id))
    return token


def test_accounts_created_by_a_token_without_an_owner_count_as_two_people(api: Api, world: World) -> None:
    """Who has the shell set the site up by it, and needs no second account."""
    people = [
        api.manage("/users", {"login": login, "role": "manager", "password": PASSWORD, "branch": None})
        for login in ("wang", "li")
    ]
    asker, decider = (
        world.do(create_token, "manager", person["login"], terms=TokenTerms(owner_id=person["id"]))
        for person in people
    )
    path, body = reduction(world)
    approval = ask(api, path, body, asker)
    assert decide(api, approval, decider).status_code == 200
