"""An operator acknowledges an alarm about a platform; it rises again with more of the same, or the next day."""

import re
from datetime import timedelta

import pytest

from campaigns.desks.inbox_desk import retry_waiting
from campaigns.intake import partner_states
from campaigns.network.people import create_manager
from campaigns.partner_alarms import AlarmKind, acknowledge_alarm, alarms_of, partner_alarms
from kernel.errors import Conflict, NotFound
from tests.partners.engineer import NAME, Engineer
from tests.web.reader import PASSWORD, Reader
from tests.world import World

REFUSED, SILENT, WAITING = AlarmKind.REFUSED, AlarmKind.SILENT, AlarmKind.WAITING


def kinds(world: World) -> list[AlarmKind]:
    """The alarms that home page and metrics show."""
    return [alarm.kind for alarm in world.do(partner_alarms)]


def refuse(engineer: Engineer, events: int) -> None:
    engineer.send(*(engineer.paid(number, -1) for number in range(events)), query="?partial=1")


def acknowledge(world: World, kind: AlarmKind, pieces: int) -> None:
    world.do(acknowledge_alarm, NAME, kind, pieces, "wang")


def test_refused_events_are_acknowledged_until_there_are_more(engineer: Engineer, world: World) -> None:
    refuse(engineer, 12)
    assert kinds(world) == [REFUSED]
    acknowledge(world, REFUSED, 12)
    assert kinds(world) == []
    (known,) = world.do(alarms_of, NAME)
    assert (known.acknowledged_by, known.acknowledged_at) == ("wang", world.clock.at)
    refuse(engineer, 1)
    assert kinds(world) == [REFUSED], "one more is news"
    with pytest.raises(Conflict, match="alarm_grown"):
        acknowledge(world, REFUSED, 12)
    acknowledge(world, REFUSED, 13)
    acknowledge(world, REFUSED, 13)
    assert kinds(world) == []
    world.clock.at += timedelta(days=1)
    refuse(engineer, 11)
    assert kinds(world) == [REFUSED], "as many as yesterday, but of today"


def test_silence_is_acknowledged_until_the_platform_spoke_and_fell_silent_again(
    engineer: Engineer, world: World
) -> None:
    engineer.send(engineer.paid(1))
    world.settle()
    world.clock.at += timedelta(hours=3)
    acknowledge(world, SILENT, 0)
    world.clock.at += timedelta(hours=1)
    assert kinds(world) == []
    engineer.send(engineer.paid(2))
    world.clock.at += timedelta(hours=3)
    assert kinds(world) == [SILENT]


def test_a_waiting_alarm_ends_when_its_cause_is_dealt_with(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1, project_code="NOWHERE"))
    world.settle()
    world.clock.at += timedelta(hours=1, minutes=30)
    assert kinds(world) == [WAITING]
    with pytest.raises(Conflict, match="alarm_not_acknowledgeable"):
        acknowledge(world, WAITING, 1)
    with pytest.raises(NotFound, match="alarm_unknown"):
        acknowledge(world, REFUSED, 100)
    with pytest.raises(NotFound, match="partner_unknown"):
        world.do(acknowledge_alarm, "nobody", REFUSED, 1, "wang")


def test_events_waiting_for_an_ended_platform_are_left_to_staff(engineer: Engineer, world: World) -> None:
    """Nobody will resume it: its donations must not wait unseen, and a retry books them."""
    for state in ("paused", "ended"):
        world.do(partner_states.change_state, world.deps.keys, NAME, state, "wang")
        if state == "paused":
            engineer.send(engineer.paid(1))
            world.settle()
            world.clock.at += timedelta(hours=1, minutes=30)
            assert kinds(world) == []
    assert kinds(world) == [WAITING]
    world.do(lambda tx: retry_waiting(tx, "wang", tx.scalar("SELECT inbox_id FROM inbox_work")))
    world.settle()
    assert (kinds(world), world.totals().donations) == ([], 1)


def test_staff_acknowledge_on_the_page_of_the_platform(engineer: Engineer, world: World) -> None:
    refuse(engineer, 12)
    world.do(create_manager, "manager", PASSWORD, "admin", "test")
    reader = Reader(engineer.http.application.test_client(), world)
    reader.sign_in("manager")
    assert "被拒太多" in reader.open("/console/")
    page = reader.open(f"/console/partners/{NAME}")
    address, pieces = f"/console/partners/{NAME}/alarms/refused", re.search(r'name="pieces" value="(\d+)"', page)
    assert pieces and address in page
    assert "再提醒" in reader.send(address, pieces=pieces[1])
    page = reader.open(f"/console/partners/{NAME}")
    assert address not in page and "manager" in page
    assert "被拒太多" not in reader.open("/console/")
    assert "被拒太多" in reader.open("/console/audit"), "the act and its alarm, in words"
