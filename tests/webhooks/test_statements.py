"""A single event takes two statements: one reads the secrets and the time, one stores."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from kernel.db import Database
from kernel.transaction import Tx
from payments.inbox.message_keys import KnownKey
from tests.webhooks.test_partners import event, secret, send
from tests.world import World

__all__ = ["secret"]


@contextmanager
def _statements() -> Iterator[list[str]]:
    """List the statements, and "transaction" for each transaction that is opened."""
    seen: list[str] = []
    execute, opened = Tx._execute, Database._opened

    def noting(tx: Tx, sql: str, *rest: object) -> object:
        seen.append(sql)
        return execute(tx, sql, *rest)  # type: ignore[arg-type]

    def opening(db: Database) -> object:
        seen.append("transaction")
        return opened(db)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tx, "_execute", noting)
        patch.setattr(Database, "_opened", opening)
        yield seen


def _stored(world: World) -> list[tuple[str, object]]:
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT e.event_id, k.day FROM inbox_event e JOIN inbox_work w ON w.inbox_id = e.id
                 LEFT JOIN message_key k ON k.id = e.sealed_by ORDER BY e.id"""
        )
    )
    return [(row.event_id, row.day) for row in rows]


def _learn_key(http: FlaskClient, world: World, secret: str) -> None:
    """The first event makes the day's key and notes the use of the secret; the second one reads the key."""
    for name in ("first", "second"):
        assert send(http, secret, event(world, 1) | {"id": name}).status_code == 202


def test_an_event_takes_two_statements_and_no_transaction(http: FlaskClient, world: World, secret: str) -> None:
    _learn_key(http, world, secret)
    sent = event(world, 2)
    with _statements() as seen:
        assert send(http, secret, sent).status_code == 202
    assert len(seen) == 2 and "transaction" not in seen, seen
    assert "partner_secret" in seen[0] and "inbox_event" in seen[1]
    assert len(_stored(world)) == 3


def test_a_repeated_and_a_contradicting_event_are_still_recognised(
    http: FlaskClient, world: World, secret: str
) -> None:
    _learn_key(http, world, secret)
    first, other = event(world, 2), event(world, 3)
    assert send(http, secret, first).get_json() == {"accepted": 1, "repeated": 0, "conflicting": 0}
    assert send(http, secret, first).get_json() == {"accepted": 0, "repeated": 1, "conflicting": 0}
    contradicting = other | {"id": first["id"]}
    assert send(http, secret, contradicting).get_json() == {"accepted": 0, "repeated": 0, "conflicting": 1}
    both = {"events": [other, first, contradicting]}
    assert send(http, secret, both).get_json() == {"accepted": 1, "repeated": 1, "conflicting": 1}
    assert len(_stored(world)) == 4


def test_a_key_of_yesterday_or_one_that_is_gone_seals_nothing_more(
    http: FlaskClient, world: World, secret: str
) -> None:
    _learn_key(http, world, secret)
    today = world.clock.at.date()
    world.clock.advance(days=1)
    assert send(http, secret, event(world, 2)).get_json()["accepted"] == 1
    world.do(lambda tx: tx.run("DELETE FROM message_key WHERE day > :today", today=today))
    assert send(http, secret, event(world, 3)).get_json()["accepted"] == 1
    keys = dict(_stored(world))
    assert list(keys.values()) == [today, today, None, today + timedelta(days=1)], "the third one's key was deleted"


def test_the_key_in_memory_is_the_one_in_the_database(http: FlaskClient, world: World, secret: str) -> None:
    """A deleted row whose id or day is used again is not taken for it."""
    _learn_key(http, world, secret)
    known: KnownKey = http.application.extensions["deps"].db.memory[KnownKey]
    world.do(lambda tx: tx.run("UPDATE message_key SET wrapped = :other", other=known.wrapped[::-1]))
    assert send(http, secret, event(world, 2)).status_code == 500, "it was read again, and opens nothing"
    assert len(_stored(world)) == 2
