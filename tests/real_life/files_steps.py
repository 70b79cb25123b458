"""What the tests of files share: a campaign with the projects of the sample files, and how files are taken."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from campaigns.import_plan import Confirmation
from campaigns.intake.offline_import import import_donations
from kernel.clock import FixedClock
from kernel.db import Database
from kernel.errors import Fault, Invalid
from kernel.ids import donation_id_of
from payments.partners.partners import create
from tests.api.client import application
from tests.cli.conftest import Terminal
from tests.world import ACTOR, World, build

FILES = Path(__file__).with_name("files")
NEW_PROJECT = "organisation,name,tier,summary,target,code\n41010101,路灯,micro,灯,30000,LY-1\n"
HEAD = "reference,project_code,amount_yuan,paid_at,donor,donor_name,corrects,reason\n"
BOTH = Confirmation("li", confirmed_by="wang", reason="counted again")


@pytest.fixture
def world(db: Database, clock: FixedClock) -> World:
    """A campaign that has been open since four in the morning, with the projects of the sample files."""
    world = build(db, clock, opens_at=clock.at - timedelta(hours=8))
    for project, code in zip(world.projects, ("P000033", "P000034"), strict=False):
        world.do(lambda tx, p=project, c=code: tx.run("UPDATE project SET code = :c WHERE id = :p", c=c, p=p))
    world.do(create, world.deps.keys, "plat", "平台")
    world.pot(500_000_00)
    return world


@pytest.fixture
def terminal(world: World, database_url: str) -> Terminal:
    app: Flask = application(database_url, world.deps)
    return Terminal(app)


def sample(name: str) -> bytes:
    return (FILES / name).read_bytes()


def take(world: World, data: bytes | str, confirmation: Confirmation | None = None) -> int:
    added: int = world.do(import_donations, world.deps, data, ACTOR, confirmation)
    world.settle()
    world.check()
    return added


def refused(world: World, data: bytes | str, confirmation: Confirmation | None = None) -> dict[str, Fault]:
    before = stored(world)
    with pytest.raises(Invalid) as error:
        take(world, data, confirmation)
    assert stored(world) == before
    return error.value.fields


def codes(faults: dict[str, Fault]) -> dict[str, str]:
    return {place: fault.code for place, fault in faults.items()}


def gift(world: World, reference: str) -> Any:
    return world.view(donation_id_of("offline", reference))


def stands(world: World, reference: str = "BOX-1") -> tuple[str, int, int]:
    view = gift(world, reference)
    return view.status, view.refunded_minor, view.captured_minor


def stored(world: World) -> tuple[int, ...]:
    return tuple(
        world.do(lambda tx, t=table: tx.scalar(f"SELECT count(*) FROM {t}"))
        for table in ("inbox_event", "provider_line", "audit_entry", "partner")
    )
