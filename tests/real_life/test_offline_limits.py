"""No file is believed without a limit: per gift, per day, by age. Amounts are fen."""

from dataclasses import replace

from campaigns.import_plan import Confirmation
from tests.real_life.files_steps import HEAD, codes, refused, take, world
from tests.world import World

__all__ = ["world"]

CONFIRMED = Confirmation("li", reason="a company's transfer", large=True)


def limited(world: World, **limits: int) -> None:
    world.deps = replace(world.deps, limits=replace(world.deps.limits, **limits))


def box(number: int, yuan: int, paid_at: str = "2026-09-09 10:00") -> str:
    return f"BOX-{number},P000033,{yuan},{paid_at},,,,\n"


def test_a_day_of_files_has_a_most_that_is_asked_about(world: World) -> None:
    limited(world, offline_day_most_minor=1_000_00)
    assert take(world, HEAD + box(1, 400) + box(2, 500)) == 2
    assert take(world, HEAD + box(1, 400)) == 0, "known rows do not count again"
    faults = refused(world, HEAD + box(3, 50) + box(4, 51) + box(5, 10))
    assert codes(faults) == {"line 3.amount_yuan": "unusual_day"}
    assert faults["line 3.amount_yuan"].params == {"most_minor": 1_000_00, "day_minor": 1_001_00}
    assert take(world, HEAD + box(3, 50) + box(4, 50)) == 2
    assert take(world, HEAD + box(6, 10), CONFIRMED) == 1
    world.clock.advance(hours=13)  # the next day in Shanghai
    assert take(world, HEAD + box(7, 900)) == 1


def test_a_gift_of_long_ago_is_asked_about(world: World) -> None:
    world.do(lambda tx: tx.run("UPDATE campaign SET opens_at = opens_at - interval '60 days'"))
    limited(world, offline_age_most_days=30)
    old = box(1, 100, "2026-08-10 10:00")
    assert codes(refused(world, HEAD + old + box(2, 100, "2026-08-12"))) == {"line 2.paid_at": "unusually_old"}
    assert take(world, HEAD + old, CONFIRMED) == 1
