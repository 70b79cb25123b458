"""A day of a platform, shuffled, tripled, partly forged and malformed, over four connections, with a rotation of
the secret and a kill -9 in the middle: it ends as the same day once in order, to the fen and per donation."""

import os
import random
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from flask import Flask

from campaigns.intake import process
from campaigns.intake.refusal_counts import refusals_of
from kernel.clock import FixedClock, local_day
from kernel.db import Database
from payments.partners.partners import create
from tests.forked import killed_in
from tests.offline import offline_deps
from tests.partners.engineer import Engineer, Json
from tests.races.runners import at_once, errors
from tests.world import World

# Of the long day: 30,000 take 41 s on two quiet cores. PARTNER_DAY=300000 is that of a large city: 3 minutes.
LONG = int(os.environ.get("PARTNER_DAY", "30000"))
FORGED = "whsec_bm9ib2R5c2lnbnN3aXRodGhpc2tleW9mb3Vycw=="


def die_in_a_batch(url: str, at: datetime) -> None:
    """Process a batch of messages and die before its commit."""
    deps = offline_deps(Database(url, FixedClock(at)))
    process.post = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    process.process_inbox(deps)


def events_of(engineer: Engineer, size: int) -> list[Json]:
    """Payments, and refunds of every fortieth, some in two steps."""
    chance = random.Random(7)
    events = []
    for number in range(size):
        amount = chance.choice((1_00, 9_99, 50_00, 200_00))
        events.append(
            engineer.paid(number, amount, minutes_ago=chance.randrange(60), donor={"key": f"u{number % 97}"})
        )
        if number % 40 == 0:
            earlier = (engineer.world.clock.at - timedelta(minutes=3)).isoformat()  # totals are told by their times
            events.append(engineer.refunded(number, amount // 2, f"r1-{number}") | {"occurred_at": earlier})
        if number % 80 == 0:
            events.append(engineer.refunded(number, amount, f"r2-{number}"))
    return events


def batches(events: list[Json], size: int) -> Iterator[list[Json]]:
    rest = iter(events)
    while batch := list(islice(rest, size)):
        yield batch


KNOWN = "payment_reference, status, amount_minor, refunded_minor, excess_minor, paid_at, project_id"


def differing(world: World, left: str, right: str) -> list[tuple[Any, ...]]:
    """What only one of two platforms has of a donation, by the platform's id; compared where it is stored."""
    of_left, of_right = (f"SELECT {KNOWN} FROM donation WHERE provider = :{side}" for side in ("left", "right"))
    rows = world.do(
        lambda tx: tx.rows(
            f"(({of_left} EXCEPT {of_right}) UNION ALL ({of_right} EXCEPT {of_left})) ORDER BY 1 LIMIT 20",
            left=f"partner:{left}",
            right=f"partner:{right}",
        )
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("size", [240, pytest.param(LONG, marks=pytest.mark.long)])
def test_a_shuffled_day_ends_as_the_ordered_one(app: Flask, world: World, database_url: str, size: int) -> None:
    for _ in range(3):
        world.pot(min(size * 20_00, 300_000_00), donor=200_00)
    ordered, shuffled = (
        Engineer(app.test_client(), world, world.do(create, world.deps.keys, name, name), name)
        for name in ("ordered", "shuffled")
    )
    for batch in batches(events_of(ordered, size), 1_000):
        ordered.send(*batch)
    world.settle()

    chance = random.Random(11)
    events = [event | {"attempt": attempt} for event in events_of(shuffled, size) for attempt in range(3)]
    chance.shuffle(events)
    malformed = [shuffled.paid(size + number, -1) for number in range(size // 100)]
    parts = [events[n::4] + malformed[n::4] for n in range(4)]
    old, rotated = shuffled.secret, shuffled.call("/secret", {"rotate": True}).get_json()["secret"]
    forged = [0]

    def send(number: int, part: list[Json]) -> None:
        line = Engineer(app.test_client(), world, old, "shuffled")
        for turn, batch in enumerate(batches(part, min(max(size // 10, 20), 1_000))):
            line.secret = old if turn % 2 else rotated
            assert line.call("?partial=1", {"events": batch}).status_code == 202
            if turn % 3 == 0:
                line.secret = FORGED
                forged[0] += 1
                assert line.call("", {"events": batch}).status_code == 401

    assert errors(at_once(*(lambda n=n, part=part: send(n, part) for n, part in enumerate(parts)))) == []
    process.process_inbox(world.deps, 100)
    killed_in(die_in_a_batch, database_url, world.clock.at)
    assert errors(at_once(world.settle, world.settle)) == []
    world.settle()

    assert differing(world, "shuffled", "ordered") == []
    count = "SELECT count(*) FROM donation WHERE provider = 'partner:shuffled'"
    assert world.do(lambda tx: tx.scalar(count)) == size
    counts = {row.code: row.events for row in world.do(lambda tx: refusals_of(tx, "shuffled", local_day(tx.now)))}
    assert counts["event_invalid"] == len(malformed)
    assert 1 <= counts["signature_invalid"] <= forged[0], "a flood is written every few seconds"
    assert shuffled.get("/health")["events"] == {"new": 0, "waiting": 0, "flagged": 0}
    world.check()  # every match replays
