"""Random and challenge pots, sharing out after the end, and the replay that every course must pass."""

from typing import Any

from campaigns import pots
from campaigns.closing.redistribute import redistribute
from campaigns.closing.reoffer import reoffer
from campaigns.donations.facts.replay import replay
from campaigns.donations.view import DonationView
from campaigns.lifecycle.campaign import lock_campaign
from matching.pots import Tranche
from matching.replay import ReplayResult
from tests.world import ACTOR, World


def special_pot(world: World, amount_minor: int, kind: str, **other: Any) -> int:
    """A pot of another kind than `World.pot` makes: `rules`, `mode`, `rank` as managers give them."""
    mode = other.pop("mode", "payment" if kind == "random" else "reserve")
    rank = other.pop("rank", 1)
    rules = {"ratio_bps": 10_000, **other}
    with world.db.transaction() as tx:
        return pots.create(
            tx,
            campaign=world.slug,
            fund=world.fund,
            name=f"{kind} of {amount_minor}",
            rank=rank,
            kind=kind,
            mode=mode,
            rules=rules,
            tranches=[Tranche(tx.now, amount_minor)],
            actor=ACTOR,
        )


def moved(world: World) -> int:
    """Redistribute once; return the number of moves."""
    return int(world.do(lambda tx: redistribute(tx, lock_campaign(tx, world.slug))))


def offered(world: World) -> int:
    """Re-offer free match once; return the number of donations that got some."""
    return int(world.do(lambda tx: reoffer(tx, lock_campaign(tx, world.slug))))


def replayed(world: World) -> ReplayResult:
    """Replay the whole campaign."""
    return replay(world.deps, world.slug)


def proven(world: World) -> int:
    """Verify the books and replay every decision without a difference; return the number of decisions."""
    world.check()
    result = replayed(world)
    assert result.differences == ()
    assert result.differing == 0
    return result.decisions


def by_pot(world: World, donation: Any) -> dict[int, int]:
    """Return the live match of a donation by pot."""
    sums: dict[int, int] = {}
    for part in world.view(donation).parts:
        sums[part.pot_id] = sums.get(part.pot_id, 0) + part.amount_minor
    return sums


def paid(world: World, amount_minor: int, project: int = 0, **other: Any) -> DonationView:
    """Create a donation, paid a second after the one before, so that their order is certain."""
    world.clock.advance(seconds=1)
    return world.pay(world.give(amount_minor, project, **other))
