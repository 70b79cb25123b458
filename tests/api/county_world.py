"""A world in which a county has one resource of each kind, made once per process: for modules whose tests all try
them."""

from typing import Any

import pytest

from kernel.clock import FixedClock
from kernel.db import Database
from tests.api.resources import COUNTY, Resources, things_of, things_of_the_federation
from tests.world import World, build

_arguments: dict[str, Any] = {}


def _make_resources(world: World) -> None:
    _arguments.update(things_of(world, COUNTY) | things_of_the_federation(world))


@pytest.fixture
def world(db: Database, clock: FixedClock) -> World:
    return build(db, clock, then=_make_resources)


@pytest.fixture
def resources(world: World) -> Resources:
    return Resources(dict(_arguments))
