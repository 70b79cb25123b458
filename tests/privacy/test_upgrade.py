"""What earlier versions stored in clear is sealed by the job, and nothing else changes."""

import json
from collections.abc import Iterator

import pytest

from campaigns.check import check_books
from campaigns.donations.donors.contact import message_of, read_contact
from campaigns.donations.facts.replay import replay
from campaigns.donations.models import UNSEALED
from campaigns.privacy.seal_stored import seal_stored
from kernel.db import Database
from kernel.keys import seal
from payments.inbox.inbox import store
from payments.messages import content_hash, message
from tests.architecture.test_upgrade import EXPECTED, empty_database, schema_0008, upgraded, upgraded_once
from tests.closing.partner import event, tell
from tests.offline import offline_deps
from tests.privacy.people import DONOR, MARKS, MESSAGE, PLATFORM_NAME, REFUND_WORDS, dump, give_everything, traces
from tests.world import World

__all__ = ["empty_database", "schema_0008", "upgraded", "upgraded_once"]


@pytest.fixture
def sealed(upgraded: Database) -> Iterator[Database]:
    """A database of an earlier version, after the upgrade and the job."""
    deps = offline_deps(upgraded)
    while seal_stored(deps):
        pass
    yield upgraded


def test_a_database_of_an_earlier_version_is_sealed_and_its_books_hold(sealed: Database) -> None:
    with sealed.snapshot() as tx:
        assert tx.scalar(f"SELECT count(*) FROM donation WHERE {UNSEALED}") == 0
        assert tx.scalar("SELECT count(*) FROM donation_contact WHERE wrapped_key IS NOT NULL") == 0
        assert tx.scalar("SELECT count(*) FROM inbox_event WHERE sealed_by IS NULL") == 0
        assert tx.scalar("SELECT count(*) FROM inbox_event WHERE body #> '{data,donor}' IS NOT NULL") == 0
        assert tx.scalar("SELECT count(*) FROM inbox_event WHERE sealed IS NOT NULL") > 0
    deps = offline_deps(sealed)
    assert {slug: replay(deps, slug).differences for slug in EXPECTED["decisions"]} == dict.fromkeys(
        EXPECTED["decisions"], ()
    )


def unseal(world: World, donation: object) -> None:
    """Store a donation, its contact and its messages as the version before did."""
    keys, context = world.deps.keys, str(donation)
    contact = DONOR.contact()
    key = bytes(32)
    values = {
        "id": donation,
        "wrapped": keys.wrap(key, context),
        "sealed": seal(key, json.dumps(contact).encode(), context.encode()),
    }
    for statement in (
        """UPDATE donation_contact SET wrapped_key = :wrapped, sealed = :sealed, donor_key = 'p'
            WHERE donation_id = :id""",
        "DELETE FROM person_key WHERE donation_id = :id",
        r"""UPDATE donation SET message = 'MESSAGE', request_hash = repeat('0', 64), instrument = 'alipay\:2088'
             WHERE id = :id""",
        "UPDATE refund_request SET reason = 'WORDS' WHERE donation_id = :id",
    ):
        plain = statement.replace("MESSAGE", MESSAGE).replace("WORDS", REFUND_WORDS)
        world.do(lambda tx, sql=plain: tx.run(sql, **{k: v for k, v in values.items() if f":{k}" in sql}))


def test_the_version_before_left_marks_and_the_job_seals_them(world: World) -> None:
    left = give_everything(world)
    unseal(world, left.own)
    donor = {"key": "u-1", "name": PLATFORM_NAME}
    body = event("order-old", 5_00, at=world.clock.at, project_code="none", donor=donor)
    values = {"body": json.dumps(body), "hash": content_hash(body), "id": body["id"]}
    world.do(
        lambda tx: tx.run(
            """WITH e AS (INSERT INTO inbox_event (source, event_id, body, body_hash, received_at)
                    VALUES ('partner\\:plat', :id, CAST(:body AS jsonb), :hash, now()) RETURNING id)
               INSERT INTO inbox_work (inbox_id) SELECT id FROM e""",
            **values,
        )
    )
    assert traces(dump(world)) == [mark for mark in MARKS if mark in (MESSAGE, REFUND_WORDS, PLATFORM_NAME)]
    assert world.do(message_of, world.deps.keys, left.own) == MESSAGE  # read as it was, until the job comes
    assert world.do(read_contact, world.deps.keys, left.own) == DONOR.contact()
    while seal_stored(world.deps):
        pass
    assert traces(dump(world), (*MARKS, "2088")) == []
    assert world.do(read_contact, world.deps.keys, left.own) == DONOR.contact() | {"message": MESSAGE}
    old = world.do(store, world.deps.keys, [message("partner:plat", body["id"], body, compare=True)])
    assert (old.new, old.repeated, old.conflicting) == (0, 1, 0)
    other = tell(world, "plat", "order-old", 6_00, project_code="none", donor=donor)
    assert other.conflicting == 1
    world.settle()
    with world.db.snapshot() as tx:
        assert check_books(tx) == []
