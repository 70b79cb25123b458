"""The seeds of random pots come out with the public notice, and not a phase before."""

from matching.reveal import public_draw
from tests.closing.day import Day, clock, day
from tests.matching.kinds import proven, special_pot

__all__ = ["clock", "day"]


def test_the_notice_reveals_the_seed(day: Day) -> None:
    pot = special_pot(day.world, 500_00, "random", random={"least_bps": 5_000})
    paid = day.paid(60_00)
    assert 30_00 <= paid.captured_minor <= 60_00
    for phase in ("ended", "settling"):
        day.walk(phase)
        assert day.world.do(public_draw, pot).seed is None
    day.walk("notice")
    assert day.world.phase() == "notice"
    draw = day.world.do(public_draw, pot)
    assert (len(draw.seed), draw.revealed_at) == (64, day.world.clock.at)
    day.walk("released")
    assert day.world.do(public_draw, pot) == draw
    proven(day.world)
