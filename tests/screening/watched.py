"""A giving day that is watched closely, and what tests of screening ask and do."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from campaigns.screening import cases
from campaigns.screening.screen import screen
from tests.world import World

REASON = "与捐赠人核实"


@pytest.fixture
def world(world: World) -> World:
    """A rich pot, and thresholds low enough for a handful of donations."""
    world.deps = replace(
        world.deps,
        screening_defaults={
            "small_minor": 20_00,
            "small_count": 3,
            "same_sum_count": 4,
            "at_cap_count": 2,
            "refund_count": 2,
            "unit_count": 4,
            "same_sum_share_bps": 9_000,
        },
    )
    return world


def card(world: World, donation: UUID, fingerprint: str) -> None:
    """The provider tells with which card a donation was paid."""
    charge = world.charge(donation) | {
        "status": "succeeded",
        "paid": True,
        "payment_method_details": {"type": "card", "card": {"fingerprint": fingerprint}},
    }
    world.tell("charge.succeeded", charge)
    world.settle()


def case_of(world: World, donation: UUID) -> dict[str, Any]:
    return world.do(lambda tx: cases.view(tx, world.deps.keys, cases.case_id_of_donation(tx, donation)))


def codes(case: dict[str, Any]) -> list[str]:
    return [sign["code"] for sign in case["signals"]]


def three_small(world: World, **other: Any) -> list[UUID]:
    """Three small gifts of one donor: a sign under this module's thresholds."""
    return [world.pay(world.give(10_00, email="a@example.org", **other)).id for _ in range(3)]


def held_case(world: World) -> dict[str, Any]:
    """One open case out of three."""
    ids = three_small(world)
    assert screen(world.deps) == 3
    return case_of(world, ids[0])


def to_reconciling(world: World) -> None:
    world.clock.advance(hours=9)
    world.close()
    world.clock.advance(hours=26)
    world.close()
    assert world.phase() == "reconciling"
