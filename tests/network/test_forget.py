"""What gave access once is deleted 90 days after its end, and nothing before."""

from datetime import timedelta

from app.jobs.registry import run
from app.jobs.runs import Unit
from campaigns.network import links, people, sessions, tokens
from campaigns.network.roles import Caller
from payments.partners import partner_secrets, partners
from tests.world import World

PASSWORD = "correct horse"
COUNTS = """SELECT (SELECT count(*) FROM manager_session), (SELECT count(*) FROM api_token),
                   (SELECT count(*) FROM account_link), (SELECT count(*) FROM partner_secret)"""


def counts(world: World) -> tuple[int, ...]:
    return tuple(world.do(lambda tx: tx.row(COUNTS)))


def test_ended_sessions_and_tokens_are_deleted_later(world: World) -> None:
    world.do(people.create_manager, "wang", PASSWORD, "auditor", "test")
    for _ in range(2):
        world.do(lambda tx: sessions.start_session(tx, people.sign_in(tx, "wang", PASSWORD)))
    world.do(tokens.create_token, "auditor", "lasts")
    world.do(tokens.create_token, "auditor", "revoked")
    ends = tokens.TokenTerms(expires_at=world.clock.at + timedelta(days=1))
    world.do(tokens.create_token, "auditor", "expires", terms=ends)
    world.do(lambda tx: tokens.revoke_token(tx, tokens.list_tokens(tx)[1].id, "test"))
    world.do(links.invite, Caller("test", "admin"), "auditor", None)
    world.do(partners.create, world.deps.keys, "plat", "平台")
    until = world.clock.at + timedelta(days=1)
    world.do(lambda tx: partner_secrets.rotate(tx, world.deps.keys, partners.known(tx, "plat"), until, "test"))
    assert counts(world) == (2, 3, 1, 2)
    run("forget-access", world.deps)
    world.clock.advance(days=90)
    run("forget-access", world.deps)
    assert counts(world) == (2, 3, 1, 2), "90 days after the end, not after the beginning"
    world.clock.advance(days=1, seconds=1)
    assert run("forget-access", world.deps) == {Unit.RECORDS_FORGOTTEN: 5}
    assert counts(world) == (0, 1, 1, 1), (
        "the token that lasts, the newer secret, and a link that ended a week later"
    )
    world.clock.advance(days=6)
    assert run("forget-access", world.deps) == {Unit.RECORDS_FORGOTTEN: 1}
    assert counts(world) == (0, 1, 0, 1)
    world.check()
