"""A platform's secret that ends, and a platform that is paused or ended, while its batches are sent."""

import json
from collections.abc import Callable
from functools import partial
from threading import Event

import pytest
from werkzeug.test import TestResponse

from app.current import signing_secrets
from app.webhooks import signed
from campaigns.intake.partner_states import change_state
from campaigns.intake.registered import end_secret, rotate_secret
from payments.models import PartnerState
from payments.partners.partner_signatures import SigningSecrets
from tests.api.test_revoked import Arriving
from tests.partners.engineer import NAME, Engineer, sign
from tests.races.runners import at_once, errors
from tests.world import ACTOR, World


def end(world: World) -> None:
    """End the platform's first secret; another one exists already."""
    first = world.do(lambda tx: tx.scalar("SELECT min(id) FROM partner_secret WHERE partner = :name", name=NAME))
    world.do(end_secret, NAME, int(first), ACTOR)


def rotate(world: World) -> str:
    made = world.do(lambda tx: rotate_secret(tx, world.deps.keys, NAME, None, ACTOR))
    return str(made.secret)


def stored(world: World) -> list[str]:
    rows = world.do(lambda tx: tx.rows("SELECT event_id FROM inbox_event ORDER BY event_id"))
    return [row.event_id for row in rows]


def send_slowly(engineer: Engineer, meanwhile: Callable[[], object]) -> TestResponse:
    """Send one event and let something happen while its body arrives."""
    body = json.dumps(engineer.paid(1)).encode()
    arriving = Arriving(body, meanwhile)
    reply = engineer.http.post(
        f"/webhooks/partners/{NAME}",
        headers=sign(engineer.secret, body),
        environ_overrides={"wsgi.input": arriving, "CONTENT_LENGTH": str(len(body))},
    )
    assert arriving.arrived
    return reply


def test_a_batch_that_arrives_after_its_secret_ended_is_refused(engineer: Engineer, world: World) -> None:
    rotate(world)
    assert send_slowly(engineer, lambda: end(world)).status_code == 401
    assert stored(world) == []


def test_control_secrets_read_before_the_body_accept_it(
    engineer: Engineer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate(world)
    with engineer.http.application.app_context():
        early: SigningSecrets = signing_secrets(NAME)
    monkeypatch.setattr(signed, "signing_secrets", lambda _name: early)
    assert send_slowly(engineer, lambda: end(world)).status_code == 202
    assert stored(world) == ["donation.paid-1"]


@pytest.mark.parametrize(
    ("state", "status", "kept"),
    [(PartnerState.ENDED, 401, []), (PartnerState.PAUSED, 202, ["donation.paid-1"])],
)
def test_a_batch_that_arrives_after_its_platform_stopped_is_not_booked(
    engineer: Engineer, world: World, state: PartnerState, status: int, kept: list[str]
) -> None:
    reply = send_slowly(engineer, lambda: world.do(change_state, world.deps.keys, NAME, state, ACTOR))
    assert reply.status_code == status
    world.settle()
    assert (stored(world), world.totals().donations) == (kept, 0)


def test_what_is_sent_while_secrets_change_is_stored_if_and_only_if_it_was_accepted(
    engineer: Engineer, world: World
) -> None:
    """Four connections send with the old secret, until each is refused; the old secret ends in the middle."""
    newer, half_way, accepted = rotate(world), Event(), list[str]()

    def sender(number: int) -> int:
        mine = Engineer(engineer.http.application.test_client(), world, engineer.secret)
        for turn in range(200):
            event = engineer.paid(number * 1_000 + turn)
            if mine.call(body=event).status_code == 401:
                return turn
            accepted.append(event["id"])
            if turn == 2:
                half_way.set()
        raise AssertionError("the ended secret still opens the door")

    def ender() -> None:
        assert half_way.wait(30)
        end(world)

    assert not errors(at_once(ender, *(partial(sender, number) for number in range(4))))
    assert stored(world) == sorted(accepted)
    assert Engineer(engineer.http, world, newer).call(body=engineer.paid(9_999)).status_code == 202
