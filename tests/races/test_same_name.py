"""Two people create the same thing at once: the second one is told, and nobody meets an internal error."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from campaigns import assignments
from campaigns.lifecycle import drafts
from campaigns.network import saved_views, tree
from campaigns.network.roles import Caller, Role
from kernel.db import Tx
from kernel.errors import Refusal
from payments.partners import partners
from tests.races.runners import until_somebody_waits
from tests.world import ACTOR, World, new_campaign

Create = Callable[[Tx, World, int], Any]
PARENTS = ("4101", "4102")
OWNER = Caller("boss", Role.ADMIN, None, "manager:1")


def _campaign(tx: Tx, world: World, turn: int) -> Any:
    """The second one differs in case only, which people do not see in an address."""
    return drafts.create(tx, new_campaign(world.clock.at, slug=("harvest", "HARVEST")[turn]), ACTOR)


def _partner(tx: Tx, world: World, _turn: int) -> Any:
    return partners.create(tx, world.deps.keys, "teahouse", "茶馆")


def _organisation(tx: Tx, _world: World, turn: int) -> Any:
    return tree.add(tx, PARENTS[turn], "419999", "新区", ACTOR)


def _second(world: World, create: Create) -> Any:
    """What the second of two transactions returned or raised that create the same thing."""
    with ThreadPoolExecutor(1) as pool:
        with world.deps.db.transaction() as tx:
            create(tx, world, 0)
            second = pool.submit(world.do, create, world, 1)
            until_somebody_waits(world.deps.db)
        return second.exception(30) or second.result()


@pytest.mark.parametrize(
    ("create", "code"),
    [(_campaign, "slug_used"), (_partner, "partner_exists"), (_organisation, "organisation_invalid")],
)
def test_the_second_of_two_equal_names_is_refused(world: World, create: Create, code: str) -> None:
    refused = _second(world, create)
    assert isinstance(refused, Refusal) and refused.code == code, refused


def test_a_view_saved_twice_at_once_is_one_view(world: World) -> None:
    def save(tx: Tx, _world: World, _turn: int) -> Any:
        return saved_views.save(tx, OWNER, "donations", "paid", {"state": "paid"}, shared=False)

    assert not isinstance(_second(world, save), Exception)
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM saved_view")) == 1


def test_of_two_who_take_a_row_at_once_the_second_is_told_of_the_first(world: World) -> None:
    project = world.projects[0]

    def take(tx: Tx, _world: World, turn: int) -> Any:
        return assignments.take(tx, "project", project, "", ("chen", "li")[turn])[1]

    assert _second(world, take) == "chen"
