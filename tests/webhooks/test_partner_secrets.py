"""A partner's signing secret is changed without a gap: two are valid side by side, and one is ended at once."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.api.client import Api, problem
from tests.webhooks.test_partners import NAME, event, secret, send
from tests.world import World

__all__ = ["secret"]
PATH = f"/partners/{NAME}/secrets"


@pytest.fixture
def api(http: FlaskClient, world: World) -> Api:
    return Api(http, world)


def test_two_are_valid_until_one_is_ended(api: Api, http: FlaskClient, world: World, secret: str) -> None:
    new = api.manage(PATH, {})
    assert new["secret"].startswith("whsec_") and new["secret"] != secret
    for number, signer in enumerate((secret, new["secret"], secret)):
        assert send(http, signer, event(world, number)).status_code == 202
    problem(api.post(PATH, {}, api.token()), 409, "partner_secrets_full")
    listed = api.get(PATH, api.token()).get_json()
    assert len(listed) == 2 and all("secret" not in row and row["last_used_at"] for row in listed)
    old = listed[1]["id"]
    ended = api.manage(f"{PATH}/{old}/end", status=200)
    assert ended["ends_at"]
    problem(send(http, secret, event(world, 3)), 401, "signature_invalid")
    assert send(http, new["secret"], event(world, 4)).status_code == 202
    assert api.manage(f"{PATH}/{old}/end", status=200) == ended, "idempotent"
    problem(api.post(f"{PATH}/{new['id']}/end", token=api.token()), 409, "partner_secret_last")
    problem(api.post(f"{PATH}/404/end", token=api.token()), 404, "partner_secret_unknown")
    problem(api.post(f"/partners/nobody/secrets/{old}/end", token=api.token()), 404, "partner_unknown")
    problem(api.get("/partners/nobody/secrets", api.token()), 404, "partner_unknown")


def test_the_old_one_ends_by_itself_at_the_time_that_was_set(
    api: Api, http: FlaskClient, world: World, secret: str
) -> None:
    problem(api.post(PATH, {"old_valid_until": world.clock.at.isoformat()}, api.token()), 422, "partner_invalid")
    until = world.clock.at + timedelta(hours=1)
    new = api.manage(PATH, {"old_valid_until": until.isoformat()})
    assert send(http, secret, event(world, 1)).status_code == 202
    problem(api.post(f"{PATH}/{new['id']}/end", token=api.token()), 409, "partner_secret_last")
    world.clock.advance(hours=1)
    problem(send(http, secret, event(world, 2)), 401, "signature_invalid")
    assert send(http, new["secret"], event(world, 3)).status_code == 202


def test_use_is_noted_to_the_minute_and_only_of_what_verified(
    api: Api, http: FlaskClient, world: World, secret: str
) -> None:
    def used() -> list[str | None]:
        return [row["last_used_at"] for row in api.get(PATH, api.token()).get_json()]

    problem(send(http, "whsec_" + "A" * 43 + "=", event(world, 1)), 401, "signature_invalid")
    assert used() == [None]
    assert send(http, secret, event(world, 1)).status_code == 202
    first = used()
    world.clock.advance(seconds=59)
    assert send(http, secret, event(world, 2)).status_code == 202
    assert used() == first
    world.clock.advance(seconds=1)
    assert send(http, secret, event(world, 3)).status_code == 202
    assert used() != first


def test_secrets_are_sealed_at_rest(api: Api, world: World, secret: str) -> None:
    new = api.manage(PATH, {})["secret"]
    stored = world.do(lambda tx: tx.scalar("SELECT json_agg(t)::text FROM (SELECT * FROM partner_secret) t"))
    audit = world.do(lambda tx: tx.scalar("SELECT json_agg(t)::text FROM (SELECT * FROM audit_entry) t"))
    for plain in (secret, new, secret.removeprefix("whsec_")):
        assert plain not in stored + audit
