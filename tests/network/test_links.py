"""Links to accounts: once, for a week, and no more than who made them decided."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from campaigns.network import accounts, joining, links, people
from campaigns.network.people import hashed, sign_in
from campaigns.network.roles import Caller, Role
from kernel.errors import Conflict, Invalid, NotFound
from tests.races.runners import until_somebody_waits
from tests.world import World

PASSWORD = "correct horse"


@pytest.fixture
def inviter(world: World) -> Caller:
    manager = world.do(people.create_manager, "li", PASSWORD, Role.ADMIN, "test")
    world.do(people.create_manager, "other", PASSWORD, Role.ADMIN, "test")
    return people.caller_of(manager)


def over(world: World, token: str) -> bool:
    try:
        world.do(joining.opened, token)
    except NotFound as refusal:
        assert refusal.code == "link_unknown"
        return True
    return False


def test_an_invitation_makes_one_account_with_the_rights_that_were_fixed(world: World, inviter: Caller) -> None:
    link = world.do(links.invite, inviter, "liaison", "4101", "王芳")
    assert world.do(joining.opened, link.token)[1:] == ("liaison", "4101", "王芳", "")
    assert [row.id for row in world.do(links.list_invitations, "4101")] == [link.id]
    assert world.do(links.list_invitations, "4102") == []
    with pytest.raises(Invalid) as refused:
        world.do(joining.require_choosable, link.token, "wang", "short")
    assert set(refused.value.fields) == {"password"}
    with pytest.raises(Conflict, match="login_used"):
        world.do(joining.join, link.token, "LI", hashed(PASSWORD))
    assert world.do(joining.join, link.token, " Wang", hashed(PASSWORD)) == "wang"
    account = world.do(sign_in, "wang", PASSWORD)
    assert (account.role, account.branch_code, account.name) == ("liaison", "4101", "王芳")
    assert over(world, link.token)
    with pytest.raises(NotFound, match="link_unknown"):
        world.do(joining.join, link.token, "second", hashed(PASSWORD))
    assert not world.do(
        lambda tx: tx.scalar("SELECT count(*) FROM account_link WHERE token_hash = :t", t=link.token)
    )


def test_a_link_is_over_after_a_week_when_revoked_and_with_who_made_it(world: World, inviter: Caller) -> None:
    kept, revoked = (world.do(links.invite, inviter, "auditor", None) for _ in range(2))
    world.do(links.revoke_invitation, revoked.id, "admin")
    assert [over(world, link.token) for link in (kept, revoked)] == [False, True]
    for link_id in (revoked.id, 404, 2**63):
        with pytest.raises(NotFound, match="invitation_unknown"):
            world.do(links.revoke_invitation, link_id, "admin")
    world.clock.advance(seconds=links.LASTS.total_seconds() - 1)
    assert not over(world, kept.token)
    world.clock.advance(seconds=1)
    assert over(world, kept.token)
    fresh = world.do(links.invite, inviter, "auditor", None)
    world.do(accounts.disable, "li", "admin")
    assert over(world, fresh.token)
    for token in ("", "al_x", "\x00", "\ud800"):
        assert over(world, token)


def test_a_link_to_a_password_leaves_the_old_one_until_it_is_used(world: World, inviter: Caller) -> None:
    world.do(people.create_manager, "wang", None, Role.MANAGER, "test")
    target = world.do(accounts.find_by_login, "wang")
    older, link = (world.do(links.link_to_password, inviter, target) for _ in range(2))
    assert [over(world, made.token) for made in (older, link)] == [True, False]
    with pytest.raises(Invalid):
        world.do(joining.require_choosable, link.token, "x", "wang wang wang")
    assert world.do(joining.join, link.token, "somebody else", hashed(PASSWORD)) == "wang"
    assert world.do(sign_in, "wang", PASSWORD).id == target.id
    assert over(world, link.token)
    again = world.do(links.link_to_password, inviter, target)
    assert world.do(sign_in, "wang", PASSWORD)
    world.do(accounts.disable, "wang", "admin")
    assert over(world, again.token)
    with pytest.raises(NotFound, match="manager_unknown"):
        world.do(links.link_to_password, inviter, world.do(accounts.find_by_login, "wang"))


def test_an_account_without_a_password_cannot_be_entered(world: World, inviter: Caller) -> None:
    world.do(people.create_manager, "wang", None, Role.MANAGER, "test")
    for password in ("", "nobody has this password, and knowing it opens nothing"):
        manager = world.do(people.candidate, "wang")
        assert not people.verify(manager, password)


def test_of_two_who_use_a_link_at_once_one_does(world: World, inviter: Caller) -> None:
    link = world.do(links.invite, inviter, "auditor", None)
    with ThreadPoolExecutor(1) as pool:
        with world.db.transaction() as tx:
            joining.join(tx, link.token, "first", "x")
            tx.session.flush()
            second = pool.submit(world.do, joining.join, link.token, "second", "x")
            until_somebody_waits(world.db)
            assert not second.done()
        with pytest.raises(NotFound, match="link_unknown"):
            second.result()
    assert [account.login for account in world.do(accounts.list_accounts)] == ["first", "li", "other"]


def test_links_last_a_week() -> None:
    assert timedelta(days=7) == links.LASTS
