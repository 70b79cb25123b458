"""Screening as managers and donors see it on pages, and from the terminal."""

from uuid import UUID

import pytest
from flask import Flask

from app.i18n.labels import SIGNALS
from app.i18n.screening_evidence import evidence_lines
from app.jobs.registry import run
from app.jobs.runs import Unit
from campaigns.lifecycle.host_contact import Contact, set_contact
from campaigns.screening import screen, staff
from campaigns.screening.signals import THRESHOLD_PREFIXES
from tests.cli.conftest import Terminal
from tests.web.conftest import app, clock, manager, reader, world
from tests.web.reader import Reader, text
from tests.world import World

__all__ = ["app", "clock", "manager", "reader", "world"]


@pytest.fixture
def held(world: World) -> UUID:
    """A donation whose match the job holds."""
    world.pot(1_000_00)
    world.do(staff.add, world.deps.keys, "41010101", email="s@example.org", actor="li")
    donation = world.pay(world.give(200_00, email="s@example.org")).id
    assert run("screen", world.deps) == {Unit.CASES_OPENED: 1}
    assert run("screen", world.deps) == {}
    return donation


def test_a_manager_reads_the_evidence_and_releases_with_a_reason(manager: Reader, world: World, held: UUID) -> None:
    assert "还有 1 件配捐复核待决定" in manager.open("/console/campaigns/day/reconciliation")
    assert "/console/campaigns/day/cases" in manager.open("/console/campaigns/day")
    shown = text(manager.open("/console/campaigns/day/cases"))
    assert "捐赠人是项目执行机构或上级机构的人员：每笔 200.00 元" in shown
    assert "暂缓的配捐 200.00 元" in shown
    assert "example.org" not in manager.page.text
    assert "请写明原因" in manager.send("/cases/1", verb="release", reason=" ")
    assert world.totals().matched_minor == 0
    assert "复核结果已记录" in manager.send("/cases/1", verb="release", reason="已核实")
    assert world.totals().matched_minor == 200_00
    assert "boss：已核实" in text(manager.open("/console/campaigns/day/cases?state=released"))
    world.check()


def test_a_manager_cancels_hears_the_donor_and_decides_again(manager: Reader, world: World, held: UUID) -> None:
    manager.open("/console/campaigns/day/cases")
    manager.send("/cases/1", verb="cancel", reason="本单位人员")
    manager.send("/cases/1", verb="appeal", reason="<b>来电</b>说明")
    assert "&lt;b&gt;来电" in manager.page.text, "what people write is shown as text"
    manager.send("/cases/1", verb="answer_release", reason="属实")
    assert world.view(held).captured_minor == 200_00
    assert "Match restored" in manager.open("/console/campaigns/day/cases?lang=en")
    world.check()


def test_a_case_or_verb_that_there_is_not_changes_nothing(manager: Reader, world: World, held: UUID) -> None:
    manager.open("/console/campaigns/day/cases")
    manager.send("/cases/1", verb="burn", reason="x")
    manager.send("/cases/1", reason="x")
    assert world.view(held).held_minor == 200_00
    manager.open("/console/campaigns/day/cases?state=guilty&page=x")
    manager.open("/console/campaigns/nowhere/cases", 404)


def test_a_whole_event_is_reviewed_from_the_console(manager: Reader, world: World, held: UUID) -> None:
    assert "screening-review" not in manager.open("/console/campaigns/day/cases"), "not before the end"
    world.clock.advance(hours=9)
    world.close()
    manager.open("/console/campaigns/day/cases")
    assert "复查了 1 笔捐赠，新增 0 件复核" in manager.send("/screening-review")


def test_the_donor_reads_that_the_match_is_being_reviewed(reader: Reader, world: World, held: UUID) -> None:
    token = world.deps.keys.token(str(held))
    review = reader.open(f"/d/{held}?token={token}").split('class="match-state review"')[1].split("</div>")[0]
    assert f"/report?campaign={world.slug}" in review
    world.do(set_contact, world.slug, Contact("0379-1234567", "9:00 至 18:00"), "li")
    review = reader.open(f"/d/{held}?token={token}").split('class="match-state review"')[1].split("</div>")[0]
    assert 'href="tel:0379-1234567"' in review and "9:00 至 18:00" in review
    shown = text(reader.page.text)
    assert "200.00 元暂缓计入。您捐的 200.00 元已经到账，不受影响" in shown
    assert "配捐 复核中" in shown
    assert "最晚在公示前有结果" in shown and "为什么：" in shown
    assert "Your match is under review" in reader.open(f"/d/{held}?token={token}&lang=en")
    reader.open(f"/d/{held}?lang=zh")
    assert "您的说明已收到" in text(reader.send("/statement", text="我们全家一起捐的"))
    case = world.do(
        lambda tx: tx.row("SELECT appealed_at, answer FROM screening_case WHERE donation_id = :id", id=held)
    )
    assert case.appealed_at is not None and case.answer == ""


def test_the_command_reviews_an_ended_event(app: Flask, world: World, held: UUID) -> None:
    terminal = Terminal(app)
    terminal.refused("campaign_phase", "screen", world.slug)
    terminal.refused("campaign_unknown", "screen", "nowhere")
    world.clock.advance(hours=9)
    world.close()
    assert terminal.ok("screen", world.slug) == "1 donations looked at, 0 cases opened, 1 open\n"


def test_every_sign_has_words(app: Flask) -> None:
    with app.test_request_context():
        lines = evidence_lines([{"code": code, "evidence": {"count": 3, "within_s": 3600}} for code in SIGNALS])
    assert len(lines) == len(SIGNALS)
    assert set(SIGNALS) - set(THRESHOLD_PREFIXES) == {"project_frozen", "by_hand"}, (
        "a person's decision has no threshold"
    )
    assert all(line.endswith("3 笔，60 分钟内") for line in lines)
    assert screen.BATCH > 0


def test_a_case_is_offered_only_while_it_may_be_opened(manager: Reader, world: World) -> None:
    world.pot(100_00)
    donation = world.pay(world.give())
    address = f"/console/donations/{donation.id}"
    assert "提出复核" in manager.open(address)
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'notice'"))
    assert "提出复核" not in manager.open(address), "it would be refused after the click"
