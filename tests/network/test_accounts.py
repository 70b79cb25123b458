"""Accounts are switched off and on and get other passwords and roles; sessions end with them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from campaigns.network import accounts, people, sessions, tokens
from campaigns.network.models import Manager, ManagerSession
from campaigns.network.roles import Caller, Role
from kernel.db import Database, Tx
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.world import World

PASSWORD = "correct horse"


def signed_in(tx: Tx) -> str:
    return sessions.start_session(tx, people.sign_in(tx, "wang", PASSWORD))


@pytest.fixture
def token(world: World) -> str:
    world.do(people.create_manager, "wang", PASSWORD, Role.MANAGER, "test")
    started: str = world.do(signed_in)
    return started


def stored(tx: Tx, token: str) -> ManagerSession:
    return next(row for row in tx.all(select(ManagerSession)) if row.token_hash != token)


def test_a_session_is_known_by_its_token_of_which_only_the_hash_is_kept(world: World, token: str) -> None:
    assert world.do(sessions.manager_of_session, token).login == "wang"
    for other in ("", "x", "\ud800", "\x00", token + "x"):
        assert world.do(sessions.manager_of_session, other) is None
    assert not world.do(lambda tx: tx.scalar("SELECT count(*) FROM manager_session WHERE token_hash = :t", t=token))
    assert world.do(signed_in) != token


def test_a_session_ends_after_twelve_hours_and_is_seen_once_a_minute(world: World, token: str) -> None:
    all_day = sessions.Idle(sessions.LASTS, sessions.LASTS)

    def seen() -> timedelta:
        row: ManagerSession = world.do(stored, token)
        return row.last_seen_at - began

    began = world.clock.at
    world.clock.advance(seconds=59)
    assert world.do(sessions.manager_of_session, token)
    assert seen() == timedelta(0)
    world.clock.advance(seconds=1)
    assert world.do(sessions.manager_of_session, token, idle=all_day)
    assert seen() == timedelta(minutes=1)
    world.clock.advance(hours=11, minutes=58, seconds=59)
    assert world.do(sessions.manager_of_session, token, idle=all_day)
    world.clock.advance(seconds=1)
    assert world.do(sessions.manager_of_session, token, idle=all_day) is None


@pytest.mark.parametrize(("role", "idle"), [(Role.MANAGER, 60), (Role.FINANCE, 30), (Role.ADMIN, 30)])
def test_an_idle_session_ends_and_each_use_extends_it(world: World, role: Role, idle: int) -> None:
    world.do(people.create_manager, "wang", PASSWORD, role, "test")
    token = world.do(signed_in)
    for _ in range(3):
        world.clock.advance(minutes=idle, seconds=-1)
        assert world.do(sessions.manager_of_session, token)
    world.clock.advance(minutes=idle)
    assert world.do(sessions.manager_of_session, token) is None
    world.clock.advance(minutes=-idle)
    world.do(accounts.set_role, "wang", Role.ADMIN, None, "admin")
    world.clock.advance(minutes=29)
    assert world.do(sessions.manager_of_session, token)
    world.clock.advance(minutes=30)
    assert world.do(sessions.manager_of_session, token) is None, "the new role's time counts"


def test_of_more_sessions_than_one_person_needs_the_oldest_ends(world: World, token: str) -> None:
    newer = [world.do(signed_in) for _ in range(sessions.MOST_OPEN)]
    open_ones = [world.do(sessions.manager_of_session, kept) is not None for kept in (token, *newer)]
    assert open_ones == [False] + [True] * sessions.MOST_OPEN


def test_managers_end_only_their_own_sessions(world: World, token: str) -> None:
    other = world.do(people.create_manager, "li", PASSWORD, Role.MANAGER, "test")
    (session,) = world.do(sessions.list_sessions, world.do(accounts.find_by_login, "wang").id)
    with pytest.raises(NotFound, match="session_unknown"):
        world.do(sessions.end_session_of_manager, other.id, session.id, "li")
    assert world.do(sessions.manager_of_session, token)


def test_an_account_that_is_off_has_no_session_and_cannot_sign_in_until_it_is_on(world: World, token: str) -> None:
    assert world.do(accounts.disable, " WANG ", "admin").sessions == 1
    assert world.do(accounts.disable, "wang", "admin").sessions == 0
    assert world.do(sessions.manager_of_session, token) is None
    with pytest.raises(Forbidden, match="sign_in_failed"):
        world.do(signed_in)
    (account,) = world.do(accounts.list_accounts)
    assert (account.login, account.role, account.branch_code, account.is_on) == ("wang", "manager", None, False)
    for _ in range(2):
        world.do(accounts.enable, "wang", "admin")
    assert world.do(sessions.manager_of_session, token) is None, "what was ended stays ended"
    assert world.do(signed_in)
    counts = "SELECT action, count(*) FROM audit_entry WHERE action LIKE 'manager.%able' GROUP BY 1 ORDER BY 1"
    assert [tuple(row) for row in world.do(lambda tx: tx.rows(counts))] == [
        ("manager.disable", 1),
        ("manager.enable", 1),
    ]


def test_another_password_ends_all_sessions_and_the_old_one_opens_nothing(world: World, token: str) -> None:
    other = world.do(signed_in)
    with pytest.raises(Invalid) as refused:
        world.do(accounts.set_password, "wang", "short", "admin")
    assert set(refused.value.fields) == {"password"}
    assert world.do(sessions.manager_of_session, token), "a refusal changes nothing"
    assert world.do(accounts.set_password, "wang", "battery staple", "admin") == 2
    assert [world.do(sessions.manager_of_session, session) for session in (token, other)] == [None, None]
    with pytest.raises(Forbidden, match="sign_in_failed"):
        world.do(signed_in)
    assert world.do(people.sign_in, "wang", "battery staple").login == "wang"


def test_no_session_begins_with_a_password_that_was_changed_meanwhile(world: World, token: str) -> None:
    with world.db.transaction() as tx:
        verified = people.sign_in(tx, "wang", PASSWORD)
        world.do(accounts.set_password, "wang", "battery staple", "admin")
        with pytest.raises(Forbidden, match="sign_in_failed"):
            sessions.start_session(tx, verified)


def test_another_role_holds_in_the_running_session(world: World, token: str) -> None:
    code = world.do(lambda tx: tx.scalar("SELECT code FROM organisation WHERE level = 'county' ORDER BY 1 LIMIT 1"))
    world.do(accounts.set_role, "wang", Role.AUDITOR, code, "admin")
    manager: Manager = world.do(sessions.manager_of_session, token)
    owner = f"manager:{manager.id}"
    assert people.caller_of(manager) == Caller("wang", "auditor", code, owner, manager_id=manager.id)
    with pytest.raises(Invalid) as refused:
        world.do(accounts.set_role, "wang", "king", "nowhere", "admin")
    assert set(refused.value.fields) == {"role", "branch"}


def test_one_session_is_ended_alone(world: World, token: str) -> None:
    other = world.do(signed_in)
    _, older = world.do(sessions.list_sessions, world.do(accounts.find_by_login, "wang").id)
    for _ in range(2):
        world.do(sessions.end_session, older.id, "admin")
    assert world.do(sessions.manager_of_session, token) is None
    assert world.do(sessions.manager_of_session, other)
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM audit_entry WHERE action = 'session.end'")) == 1


def test_unknown_accounts_and_sessions_are_refused(db: Database) -> None:
    for login in ("nobody", "\x00", "\ud800"):
        for act in (accounts.disable, accounts.enable):
            with pytest.raises(NotFound, match="manager_unknown"), db.transaction() as tx:
                act(tx, login, "admin")
    for session_id in (404, 0, 2**63):
        with pytest.raises(NotFound, match="session_unknown"), db.transaction() as tx:
            sessions.end_session(tx, session_id, "admin")


def test_the_last_administrator_of_the_network_stays(world: World, token: str) -> None:
    world.do(people.create_manager, "first", PASSWORD, Role.ADMIN, "test")
    world.do(people.create_manager, "county", PASSWORD, Role.ADMIN, "test", "4101")
    world.do(people.create_manager, "invited", None, Role.ADMIN, "test")  # cannot sign in yet
    for act in (
        lambda tx: accounts.disable(tx, "first", "admin"),
        lambda tx: accounts.set_role(tx, "first", Role.MANAGER, None, "admin"),
        lambda tx: accounts.set_role(tx, "first", Role.ADMIN, "4101", "admin"),
    ):
        with pytest.raises(Conflict, match="last_admin"):
            world.do(act)
    world.do(accounts.set_role, "first", Role.ADMIN, "41", "admin")  # the root is the whole network too
    world.do(people.create_manager, "second", PASSWORD, Role.ADMIN, "test")
    world.do(accounts.disable, "first", "admin")
    with pytest.raises(Conflict, match="last_admin"):
        world.do(accounts.disable, "second", "admin")


def test_tokens_end_with_their_owner_or_when_they_could_do_more(world: World, token: str) -> None:
    owner = world.do(accounts.find_by_login, "wang").id

    def made(role: str, branch: str | None = None, **terms: Any) -> str:
        own = tokens.TokenTerms(owner_id=owner, **terms)
        made: str = world.do(tokens.create_token, role, "program", "test", branch, own)
        return made

    def valid(*which: str) -> list[bool]:
        return [world.do(tokens.caller_of_token, token) is not None for token in which]

    all_of_them = (
        made("manager"),
        made("auditor", "4101"),
        made("manager", "4101", scopes=["read"]),
        made("auditor"),
    )
    assert valid(*all_of_them) == [True] * 4
    world.do(accounts.set_role, "wang", Role.AUDITOR, "41", "admin")
    assert valid(*all_of_them) == [False, True, True, False], "a token of the whole network reaches beyond a branch"
    world.do(accounts.disable, "wang", "admin")
    world.do(accounts.enable, "wang", "admin")
    assert valid(*all_of_them) == [False] * 4


def test_of_two_administrators_who_switch_each_other_off_one_stays(world: World) -> None:
    for login in ("first", "second"):
        world.do(people.create_manager, login, PASSWORD, Role.ADMIN, "test")
    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            acts = [pool.submit(world.do, accounts.disable, login, "test") for login in ("first", "second")]
        refusals = [error for act in acts if (error := act.exception())]
        assert [str(error) for error in refusals] == ["last_admin"]
        assert [account.is_on for account in world.do(accounts.list_accounts)].count(True) == 1
        for login in ("first", "second"):
            world.do(accounts.enable, login, "test")
