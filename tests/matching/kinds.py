"""Random and challenge pots, the end of the day, and the replay that every story must survive."""

from typing import Any

from campaigns import pots
from campaigns.closing.redistribute import redistribute
from campaigns.closing.reoffer import reoffer
from campaigns.donations.replay import replay
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
    """Redistribute once; answers the moves."""
    return int(world.do(lambda tx: redistribute(tx, lock_campaign(tx, world.slug))))


def offered(world: World) -> int:
    """Offer free match again once; answers the donations that got some."""
    return int(world.do(lambda tx: reoffer(tx, lock_campaign(tx, world.slug))))


def replayed(world: World) -> ReplayResult:
    """The replay of the whole campaign."""
    return replay(world.deps, world.slug)


def proven(world: World) -> int:
    """Every promise holds and every decision comes out again; answers how many decisions there were."""
    world.check()
    found = replayed(world)
    assert found.differences == ()
    assert found.differing == 0
    return found.decisions


def by_pot(world: World, donation: Any) -> dict[int, int]:
    """Live match of a donation, pot by pot."""
    sums: dict[int, int] = {}
    for part in world.view(donation).parts:
        sums[part.pot_id] = sums.get(part.pot_id, 0) + part.amount_minor
    return sums


def paid(world: World, amount_minor: int, project: int = 0, **other: Any) -> DonationView:
    """A donation, paid a second after the one before: who is oldest is not left to chance."""
    world.clock.advance(seconds=1)
    return world.pay(world.give(amount_minor, project, **other))
