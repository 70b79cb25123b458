"""What may happen once is tried by two at the same moment: one does it, the other is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pyotp import TOTP
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from campaigns.closing.models import Discrepancy
from campaigns.closing.reconciliation.discrepancies import reopen, sign_off
from campaigns.donations.models import Donation
from campaigns.donations.refunds.refund import request_refund
from campaigns.intake.registered import rotate_secret
from campaigns.network import people, second_factor
from campaigns.network.models import Manager
from kernel.db import Tx
from kernel.errors import Refusal
from payments.models import Partner
from payments.partners import partners
from tests.closing.partner import tell
from tests.closing.test_bookings import bill, differences
from tests.matching.kinds import paid
from tests.races.runners import Meeting, at_once, errors
from tests.web.reader import PASSWORD
from tests.world import ACTOR, World

Act = Callable[[], Any]
Prepare = Callable[[World], tuple[Act, Act]]


@contextmanager
def without_row_lock(monkeypatch: pytest.MonkeyPatch, model: type[SQLModel]) -> Iterator[None]:
    """Read rows of a model without their lock, and let two transactions meet before either writes.

    They meet at the first flush and not at the read: what else they decide by is then read as well.
    """
    get, meeting = Tx.get, Meeting(patience_s=30)

    def read(tx: Tx, kind: Any, key: Any, *, lock: bool = False) -> Any:
        return get(tx, kind, key, lock=lock and kind is not model)

    def meet(session: Session, *_: Any) -> None:
        if "met" not in session.info:
            session.info["met"] = True
            meeting.wait()

    monkeypatch.setattr(Tx, "get", read)
    event.listen(Session, "before_flush", meet)
    try:
        yield
    finally:
        event.remove(Session, "before_flush", meet)


def _refunds(world: World) -> tuple[Act, Act]:
    donation = paid(world, 100_00)

    def request(reason: str) -> Act:
        return lambda: world.do(request_refund, donation.id, 60_00, reason, ACTOR).id

    return request("asked by phone"), request("asked by letter")


def _with_app(world: World) -> tuple[int, str, list[str]]:
    """A manager with a second factor: the account, the code of the app half a minute later, and recovery codes."""
    keys = world.deps.keys
    account: int = world.do(people.create_manager, "wang", PASSWORD, "finance", "test").id
    app = TOTP(world.do(second_factor.begin, keys, account).secret)
    recovery = world.do(second_factor.confirm, keys, account, app.at(world.clock.at))
    world.clock.advance(seconds=60)
    return account, app.at(world.clock.at), recovery


def _codes(world: World) -> tuple[Act, Act]:
    account, code, _ = _with_app(world)
    sign_in = lambda: world.do(second_factor.require_code, world.deps.keys, account, code)  # noqa: E731
    return sign_in, sign_in


def _recovery_codes(world: World) -> tuple[Act, Act]:
    account, _, recovery = _with_app(world)
    sign_in = lambda: world.do(second_factor.require_code, world.deps.keys, account, recovery[0])  # noqa: E731
    return sign_in, sign_in


def _rotations(world: World) -> tuple[Act, Act]:
    world.do(partners.create, world.deps.keys, "plat", "平台")
    rotate = lambda: world.do(rotate_secret, world.deps.keys, "plat", None, ACTOR).id  # noqa: E731
    return rotate, rotate


def _signed_off(world: World) -> int:
    """A signed-off difference of a platform's bill."""
    world.do(partners.create, world.deps.keys, "plat", "平台")
    tell(world, "plat", "g-1", 50_00)
    world.settle()
    bill(world, ("L-1", "charge", "g-1", 50_00, 0), ("L-2", "charge", "g-9", 88_00, 0))
    difference: int = differences(world)["missing_here"].id
    world.do(sign_off, difference, "theirs, not ours", ACTOR)
    return difference


def _reopenings(world: World) -> tuple[Act, Act]:
    difference = _signed_off(world)

    def withdraw(reason: str) -> Act:
        return lambda: world.do(reopen, difference, reason, ACTOR).state

    return withdraw("signed off too early"), withdraw("the wrong one")


CASES = [
    (_refunds, Donation, "refund_exceeds"),
    (_codes, Manager, "code_wrong"),
    (_rotations, Partner, "partner_secrets_full"),
    (_reopenings, Discrepancy, "discrepancy_not_signed_off"),
]


@pytest.mark.parametrize(
    ("prepare", "code"), [*((prepare, code) for prepare, _, code in CASES), (_recovery_codes, "code_wrong")]
)
def test_of_two_at_the_same_moment_one_succeeds(world: World, prepare: Prepare, code: str) -> None:
    refused = errors(at_once(*prepare(world)))
    assert [error.code for error in refused if isinstance(error, Refusal)] == [code], refused
    world.check()


@pytest.mark.parametrize(("prepare", "model"), [(prepare, model) for prepare, model, _ in CASES])
def test_control_without_the_lock_of_the_row_not_one_but_both_or_an_error(
    world: World, monkeypatch: pytest.MonkeyPatch, prepare: Prepare, model: type[SQLModel]
) -> None:
    acts = prepare(world)
    with without_row_lock(monkeypatch, model):
        refused = errors(at_once(*acts))
    assert not any(isinstance(error, Refusal) for error in refused), refused


def test_a_sign_off_and_its_withdrawal_leave_the_books_at_the_last_state(world: World) -> None:
    difference = _signed_off(world)
    at_once(
        lambda: world.do(reopen, difference, "signed off too early", ACTOR),
        lambda: world.do(sign_off, difference, "theirs after all", ACTOR),
    )
    state, booked_minor = world.do(
        lambda tx: tx.rows("SELECT state, booked_minor FROM discrepancy WHERE id = :id", id=difference)[0]
    )
    assert (state, booked_minor) in (("open", 0), ("signed_off", 88_00))
    world.check()
