"""A session that ends, or a right that is withdrawn, between the preview of an act and its confirmation, or while
the confirmation is still arriving."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from app.web import blueprint
from campaigns.network.accounts import disable, set_role
from campaigns.network.people import create_manager
from campaigns.network.sessions import end_sessions
from kernel.db import Tx
from tests.api.test_revoked import Arriving
from tests.web.reader import PASSWORD, Reader, forms
from tests.world import ACTOR, World

PAGE = "/console/campaigns/day/cancel"


def end_session(tx: Tx) -> None:
    end_sessions(tx, int(tx.scalar("SELECT id FROM manager WHERE login = 'boss'")))


def switch_off(tx: Tx) -> None:
    disable(tx, "boss", ACTOR)


def demote(tx: Tx) -> None:
    set_role(tx, "boss", "liaison", None, ACTOR)


def move(tx: Tx) -> None:
    set_role(tx, "boss", "manager", "4102", ACTOR)


ENDS = [end_session, switch_off, demote, move]
Ends = Callable[[Tx], None]


@pytest.fixture
def previewed(manager: Reader, world: World) -> dict[str, str]:
    """The filled-in form by which the manager cancels the open campaign, after its preview."""
    world.do(create_manager, "other", PASSWORD, "admin", ACTOR)
    manager.open(PAGE)
    filled = {"reason": "暴雨", "word": "day"}
    manager.send("/cancel", verb="preview", **filled)
    fields = next(fields for where, fields in forms(manager.page.text) if where.endswith("/cancel"))
    return {**{name: text for name, text in fields.items() if text is not None}, **filled, "verb": "save"}


def confirm(manager: Reader, form: dict[str, str], meanwhile: Callable[[], object]) -> int:
    """Send the confirmation and let something happen while its body arrives; return the status of the answer."""
    body = urlencode(form).encode()
    arriving = Arriving(body, meanwhile)
    reply = manager.http.post(
        PAGE,
        environ_overrides={"wsgi.input": arriving, "CONTENT_LENGTH": str(len(body))},
        content_type="application/x-www-form-urlencoded",
    )
    assert arriving.arrived
    return reply.status_code


@pytest.mark.parametrize("ends", ENDS)
def test_a_confirmation_after_the_right_ended_changes_nothing(
    manager: Reader, world: World, previewed: dict[str, str], ends: Ends
) -> None:
    world.do(ends)
    assert manager.http.post(PAGE, data=previewed).status_code in (303, 403, 404)
    assert world.phase() == "open"


@pytest.mark.parametrize("ends", ENDS)
def test_a_confirmation_during_whose_arrival_the_right_ends_changes_nothing(
    manager: Reader, world: World, previewed: dict[str, str], ends: Ends
) -> None:
    assert confirm(manager, previewed, lambda: world.do(ends)) in (303, 403, 404)
    assert world.phase() == "open"


def test_control_a_guard_that_asks_before_the_body_is_read_lets_it_through(
    manager: Reader, world: World, previewed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard against foreign forms reads the body before the rights are asked."""
    monkeypatch.setattr(blueprint._csrf, "protect", lambda: None)
    assert confirm(manager, previewed, lambda: world.do(end_session)) == 303
    assert world.phase() == "cancelled"
