"""Codes of an app and recovery codes: each works once, what is stored opens nothing, and somebody else resets
it."""

import string
from collections.abc import Callable

import pytest
from pyotp import TOTP

from campaigns.network import people, second_factor, sessions
from kernel.errors import Conflict, Forbidden
from tests.world import World

PASSWORD = "correct horse"
WIDE = {ord(char): ord(char) + 0xFEE0 for char in string.ascii_letters + string.digits}


@pytest.fixture
def manager(world: World) -> int:
    made: int = world.do(people.create_manager, "wang", PASSWORD, "finance", "test").id
    return made


@pytest.fixture
def code(world: World, manager: int) -> Callable[..., str]:
    """What the app shows, so many steps from now."""
    secret = world.do(second_factor.begin, world.deps.keys, manager).secret

    def shown(steps: int = 0) -> str:
        return TOTP(secret).at(world.clock.at, counter_offset=steps)

    return shown


def passes(world: World, manager: int, code: str) -> bool:
    try:
        world.do(second_factor.require_code, world.deps.keys, manager, code)
    except Forbidden as refusal:
        assert refusal.code == "code_wrong"
        return False
    return True


@pytest.fixture
def recovery_codes(world: World, manager: int, code: Callable[..., str]) -> list[str]:
    codes: list[str] = world.do(second_factor.confirm, world.deps.keys, manager, code())
    return codes


def test_the_secret_stays_the_same_until_it_is_confirmed(
    world: World, manager: int, code: Callable[..., str]
) -> None:
    first = world.do(second_factor.begin, world.deps.keys, manager)
    assert world.do(second_factor.begin, world.deps.keys, manager) == first
    assert not passes(world, manager, code()), "not confirmed yet"
    with pytest.raises(Forbidden, match="code_wrong"):
        world.do(second_factor.confirm, world.deps.keys, manager, "000000")
    world.do(second_factor.confirm, world.deps.keys, manager, code())
    for act in (second_factor.begin, lambda tx, keys, own: second_factor.confirm(tx, keys, own, code(1))):
        with pytest.raises(Conflict, match="second_factor_exists"):
            world.do(act, world.deps.keys, manager)


def test_a_code_works_once_and_none_before_it_does(
    world: World, manager: int, code: Callable[..., str], recovery_codes: list[str]
) -> None:
    assert not passes(world, manager, code()), "it set up the app"
    world.clock.advance(seconds=60)
    assert not passes(world, manager, code(2)) and not passes(world, manager, code(-2))
    assert passes(world, manager, f"{code(1)[:3]} {code(1)[3:]}"), "the phone's clock is a little ahead"
    for steps in (1, 0, -1):
        assert not passes(world, manager, code(steps)), "used, or before a used one"
    world.clock.advance(seconds=60)
    assert passes(world, manager, code(0).translate(WIDE)), "a Chinese keyboard types full-width digits"
    for nonsense in ("", "١٢٣٤٥٦", "\x00", "\ud800", "9" * 5_000, "0" + code(1)):
        assert not passes(world, manager, nonsense)


def test_a_recovery_code_is_too_long_to_guess(recovery_codes: list[str]) -> None:
    """ASVS 6.5.2: what has 112 bits may be stored as a plain hash."""
    lengths = {len(code.replace("-", "")) for code in recovery_codes}
    assert {5 * length >= 112 for length in lengths} == {True}  # five bits a character of base32


def test_a_recovery_code_works_once(world: World, manager: int, recovery_codes: list[str]) -> None:
    assert len(set(recovery_codes)) == second_factor.CODES
    assert passes(world, manager, recovery_codes[0])
    assert not passes(world, manager, recovery_codes[0])
    assert passes(world, manager, recovery_codes[1].replace("-", "").lower().translate(WIDE))
    assert world.do(second_factor.recovery_codes_left, manager) == second_factor.CODES - 2
    renewed = world.do(second_factor.renew_recovery_codes, world.deps.keys, manager, recovery_codes[2])
    assert not passes(world, manager, recovery_codes[3])
    assert passes(world, manager, renewed[0])


def test_stored_second_factors_do_not_sign_in(world: World, manager: int, recovery_codes: list[str]) -> None:
    stored = world.do(
        lambda tx: (
            tx.scalar("SELECT json_agg(m)::text FROM manager m")
            + tx.scalar("SELECT json_agg(c)::text FROM recovery_code c")
            + tx.scalar("SELECT json_agg(a)::text FROM audit_entry a")
        )
    )
    sealed = world.do(lambda tx: tx.scalar("SELECT totp_sealed FROM manager"))
    secret = world.deps.keys.unwrap_text(sealed, f"totp:{manager}")
    for plain in (secret, *recovery_codes, recovery_codes[0].replace("-", "")):
        assert plain not in stored
    with pytest.raises(ValueError, match="another key"):
        world.deps.keys.unwrap_text(sealed, f"totp:{manager + 1}")


def test_a_reset_ends_sessions_and_starts_from_the_beginning(
    world: World, manager: int, code: Callable[..., str], recovery_codes: list[str]
) -> None:
    token = world.do(lambda tx: sessions.start_session(tx, people.sign_in(tx, "wang", PASSWORD)))
    world.do(second_factor.reset, manager, "boss")
    assert world.do(sessions.manager_of_session, token) is None
    assert not passes(world, manager, recovery_codes[0])
    again = world.do(second_factor.begin, world.deps.keys, manager)
    assert TOTP(again.secret).at(world.clock.at) != code()
    actors = world.do(lambda tx: tx.rows("SELECT actor FROM audit_entry WHERE action = 'second_factor.reset'"))
    assert [row.actor for row in actors] == ["boss"]


def test_a_session_awaiting_its_code_opens_nothing_and_ends_after_ten_minutes(world: World, manager: int) -> None:
    def start(awaits_code: bool) -> str:
        started: str = world.do(
            lambda tx: sessions.start_session(tx, people.sign_in(tx, "wang", PASSWORD), awaits_code=awaits_code)
        )
        return started

    waiting, whole = start(True), start(False)
    assert world.do(sessions.manager_of_session, waiting) is None
    assert world.do(sessions.manager_of_session, waiting, awaits_code=True).id == manager
    assert world.do(sessions.manager_of_session, whole, awaits_code=True) is None
    world.clock.advance(minutes=10)
    assert world.do(sessions.manager_of_session, waiting, awaits_code=True) is None
