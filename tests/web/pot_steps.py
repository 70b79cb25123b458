"""What a manager does with the forms of pots, step by step."""

from datetime import timedelta
from typing import Any

from app.forms import format_moment
from tests.web.reader import Reader, text
from tests.world import World

NEW = "/console/campaigns/day/pots/new"


def soon(world: World, **delta: float) -> str:
    """A time as a manager types it: to the minute."""
    return format_moment((world.clock.at + timedelta(**delta)).replace(second=0, microsecond=0))


def fill(world: World, **other: Any) -> dict[str, Any]:
    """What a manager types for an ordinary pot of 500 yuan that is open."""
    typed = {"name": "栾川配捐池", "fund": str(world.fund), "rank": "1", "kind": "ratio", "mode": "reserve"}
    typed |= {"ratio_bps": "1:1", "tranche_at": [soon(world, hours=-1)], "tranche_amount": ["500"]}
    return typed | other


def preview(manager: Reader, world: World, **other: Any) -> str:
    manager.open(NEW)
    return text(manager.send(NEW, verb="preview", **fill(world, **other)))


def made(manager: Reader, world: World, **other: Any) -> str:
    """The page of a pot that was typed, looked at and confirmed."""
    assert "请核对" in preview(manager, world, **other)
    return text(manager.send(NEW, verb="save"))


def pots(world: World) -> int:
    with world.db.transaction() as tx:
        return int(tx.scalar("SELECT count(*) FROM pot"))
