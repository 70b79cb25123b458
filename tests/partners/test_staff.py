"""What staff see of a platform (P7): its page, its alarms, its name."""

import json
import re
from datetime import timedelta

import pytest

from app.console.partners import partner_bills
from campaigns.closing.reconciliation.bill_differences import bill_days
from campaigns.closing.reconciliation.discrepancies import list_differences
from campaigns.intake import partner_states
from campaigns.intake.refusal_counts import refusals_of
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.people import create_manager
from campaigns.partner_alarms import AlarmKind, partner_alarms
from kernel.clock import local_day
from payments.models import PartnerState
from payments.partners.partners import create
from tests.partners.engineer import NAME, Engineer, bill
from tests.web.reader import PASSWORD, Reader
from tests.world import World


def alarms(world: World) -> set[AlarmKind]:
    return {alarm.kind for alarm in world.do(partner_alarms)}


def reconcile(world: World) -> None:
    world.do(lambda tx: list_differences(tx, find_campaign(tx, world.slug).id))


def staff(engineer: Engineer, world: World) -> Reader:
    """A manager, signed in to the console."""
    world.do(create_manager, "manager", PASSWORD, "admin", "test")
    reader = Reader(engineer.http.application.test_client(), world)
    reader.sign_in("manager")
    return reader


def test_staff_see_what_their_platform_does(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1), engineer.paid(2, project_code="NOWHERE"), engineer.refunded(9, 1_00))
    engineer.call("", engineer.paid(3, -1))
    engineer.call("", {"events": [{"type": "ping"}] * 1_001})
    engineer.call("", engineer.paid(1, 99_00))
    rows = [("L1", "charge", "T-1", 24_00, 0)]
    engineer.call("/bill?confirm=1", bill(*rows, at=world.clock.at.isoformat()))
    world.settle()
    reader = staff(engineer, world)
    page = reader.open(f"/console/partners/{NAME}")
    assert "event_invalid" in page and "2026-09-09" in page
    assert "一次最多 … 条" in page, "of what was refused only the code is kept"
    assert "登记时直接启用" in page
    assert "按收到并处理消息的先后给" in page, "the rule of match"
    assert "NOWHERE" in page and "T-2" in page and "T-9" in page, "what waits, in their ids"
    assert "donation.paid-1" in page, "what contradicts"
    conflict = re.search(r"/console/inbox/conflicts/\d+", page)
    assert conflict
    compared = reader.open(conflict[0])
    assert "2500" in compared and "9900" in compared
    day = reader.open(f"/console/partners/{NAME}/bills/2026-09-09")
    assert "T-1" in day and "24.00" in day and "25.00" in day
    world.clock.at += timedelta(hours=2)
    assert alarms(world) == {AlarmKind.WAITING}
    assert "茶馆" in reader.open("/console/")
    assert "消息在等" in reader.open("/console/partners")


def test_staff_see_the_days_whose_bill_is_missing(engineer: Engineer, world: World) -> None:
    """A day without donations and today need no bill; the page of a missing one names what it should have."""
    first = local_day(world.clock.at)
    last = first + timedelta(days=2)
    engineer.send(engineer.paid(0))
    world.settle()
    world.clock.at += timedelta(days=3)
    engineer.send(engineer.paid(1, minutes_ago=3 * 24 * 60))
    world.settle()
    engineer.call("/bill", {"empty": last.isoformat()})
    shown = world.do(bill_days, NAME, first)
    assert [(row.day, row.lines, row.events, row.said_empty) for row in shown] == [
        (last, 0, 0, True),
        (first, 0, 1, False),
    ]
    reader = staff(engineer, world)
    page = reader.open(f"/console/partners/{NAME}")
    assert page.count("账单没到") == 1 and page.count("对方说没有") == 1
    assert "T-0" in reader.open(f"/console/partners/{NAME}/bills/{first}")


def test_every_difference_of_a_day_is_listed_and_leads_to_its_sign_off(
    engineer: Engineer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partner_bills, "PAGE_SIZE", 3)
    engineer.send(*(engineer.paid(number) for number in range(6)))
    world.settle()
    rows = [("L0", "charge", "T-0", 24_00, 0), ("L1", "charge", "T-1", 25_00, 0), ("LX", "charge", "", 7_00, 0)]
    engineer.call("/bill?confirm=1", bill(*rows, at=world.clock.at.isoformat()))
    reader = staff(engineer, world)
    address = f"/console/partners/{NAME}/bills/2026-09-09"
    reconcile(world)
    pages = [reader.open(f"{address}?page={number}") for number in (1, 2)]
    listed = re.findall("(T-[0-5]|LX)</t[hd]>", "".join(pages))
    assert sorted(listed) == ["LX", "T-0", "T-2", "T-3", "T-4", "T-5"]
    links = [set(re.findall("/console/discrepancies/[0-9]+", page)) for page in pages]
    assert ([len(page) for page in links], len(set.union(*links))) == ([3, 3], 6), "one for each"
    assert "签字" in reader.open(links[0].pop())


def test_a_missing_bill_leads_to_its_sign_off(engineer: Engineer, world: World) -> None:
    engineer.send(*(engineer.paid(number) for number in range(2)))
    world.settle()
    reconcile(world)
    reader = staff(engineer, world)
    page = reader.open(f"/console/partners/{NAME}/bills/2026-09-09")
    assert len(set(re.findall("/console/discrepancies/[0-9]+", page))) == 1, "one for the platform and the day"


def test_a_secret_says_whether_it_waits_or_has_ended(engineer: Engineer, world: World) -> None:
    world.do(create, world.deps.keys, "draft", "新平台", state=PartnerState.DRAFT)
    world.do(partner_states.prepare_secret, world.deps.keys, "draft", "wang")
    reader = staff(engineer, world)
    page = reader.open("/console/partners/draft")
    assert "等第二个人批准" in page and "已停用" not in page
    world.do(partner_states.change_state, world.deps.keys, NAME, "ended", "wang")
    page = reader.open(f"/console/partners/{NAME}")
    assert "已停用" in page and f"/console/partners/{NAME}/limits" not in page


def test_refused_events_are_counted_by_code(engineer: Engineer, world: World) -> None:
    bad = [engineer.paid(number, -1) for number in range(12)]
    engineer.send(engineer.paid(99), *bad, query="?partial=1")
    engineer.call("", bad[0])
    engineer.secret = "whsec_" + "bm9ib2R5c2lnbnN3aXRodGhpc2tleW9mb3Vycw=="
    engineer.call("/health")
    counts = world.do(lambda tx: refusals_of(tx, NAME, local_day(tx.now)))
    assert {(row.code, row.events) for row in counts} == {("event_invalid", 13), ("signature_invalid", 1)}
    assert AlarmKind.REFUSED in alarms(world)


def test_silence_in_a_running_event_and_a_missing_bill_are_alarms(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1))
    world.settle()
    assert alarms(world) == set()
    world.clock.at += timedelta(hours=3)
    assert alarms(world) == {AlarmKind.SILENT}
    world.clock.at += timedelta(days=1)
    assert AlarmKind.BILL in alarms(world)
    engineer.call("/bill", {"empty": "2026-09-09"})
    assert AlarmKind.BILL not in alarms(world)


def test_metrics_name_the_platform(engineer: Engineer, world: World) -> None:
    engineer.send(engineer.paid(1, project_code="NOWHERE"))
    world.settle()
    world.clock.at += timedelta(hours=2)
    page = engineer.http.get("/metrics").text
    assert f'beishan_partner_open_events{{partner="{NAME}",state="waiting"}} 1.0' in page
    assert f'beishan_partner_alarm{{kind="waiting",partner="{NAME}"}} 1.0' in page.replace(
        f'partner="{NAME}",kind="waiting"', f'kind="waiting",partner="{NAME}"'
    )


def test_lines_of_the_log_name_the_platform_that_is_called_for(
    engineer: Engineer, capfd: pytest.CaptureFixture[str]
) -> None:
    engineer.get("/health")
    engineer.secret = "whsec_bm9ib2R5c2lnbnN3aXRodGhpc2tleW9mb3Vycw=="
    engineer.call("/health")
    engineer.name = "13800138000"
    engineer.call("/health")
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if '"event": "request"' in line]
    assert [line.get("partner") for line in lines] == [NAME, NAME, None]


def test_staff_change_what_a_platform_raises_for(engineer: Engineer, world: World) -> None:
    world.do(create_manager, "manager", PASSWORD, "admin", "test")
    reader = Reader(engineer.http.application.test_client(), world)
    reader.sign_in("manager")
    codes = [row["code"] for row in engineer.get("/projects")["projects"]]
    for typed, count in ((codes[0], 1), ("", len(codes))):
        reader.open(f"/console/partners/{NAME}")
        reader.send(f"/console/partners/{NAME}/limits", projects=typed)
        assert engineer.get("/projects")["total"] == count


def test_a_flood_of_forged_requests_hardly_writes(engineer: Engineer, world: World) -> None:
    engineer.secret = "whsec_bm9ib2R5c2lnbnN3aXRodGhpc2tleW9mb3Vycw=="
    for _ in range(20):
        engineer.call("/health")
    counts = world.do(lambda tx: refusals_of(tx, NAME, local_day(tx.now)))
    assert [(row.code, row.events) for row in counts] == [("signature_invalid", 1)], "the others with the next ones"
