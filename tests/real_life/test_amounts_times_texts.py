"""One reader of amounts, one of times and one of text, for every form, command and API field."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app.forms import format_moment, parse_moment
from campaigns.lifecycle.drafts import NewCampaign
from campaigns.lifecycle.plan import plan_faults
from tests.api.client import Api
from tests.web.conftest import app, clock, manager, reader, world
from tests.web.reader import Reader
from tests.world import World, new_campaign

__all__ = ["app", "clock", "manager", "reader", "world"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("100,50", "请写清金额：是 100.50、10,050.00 元中的哪一个？"),
        ("10,5", "请写清金额：是 10.50、105.00 元中的哪一个？"),
        ("1,,0", "请写清金额"),
        ("100，50", "请写清金额"),
    ],
)
def test_an_amount_with_a_misplaced_comma_is_asked_about(reader: Reader, typed: str, says: str) -> None:
    reader.open(reader.form_page)
    assert says in reader.send(reader.form_page, 422, custom=typed)
    assert reader.donations() == 0


@pytest.mark.parametrize("typed", ["１００", "¥100", "100元", "￥ 100.00", "100.0"])
def test_an_amount_as_people_write_it_is_read(reader: Reader, world: World, typed: str) -> None:
    reader.open(reader.form_page)
    reader.send(reader.form_page, custom=typed)
    assert world.do(lambda tx: tx.scalar("SELECT amount_minor FROM donation")) == 100_00


def test_a_refund_of_one_comma_fifty_sends_nothing(manager: Reader, world: World) -> None:
    donation = world.pay(world.give(500_00))
    manager.open(f"/console/donations/{donation.id}/refunds")
    assert "aria-invalid" in manager.send("/refunds", amount_minor="1,50", reason="asked", verb="save")
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM refund")) == 0


def test_a_certificate_is_valid_through_its_last_day(world: World) -> None:
    ends = datetime(2026, 9, 12, 15, 59, 59, tzinfo=UTC)  # 23:59:59 in Shanghai
    campaign: NewCampaign = new_campaign(world.clock.at, ends_at=ends)

    def faults(until: str) -> dict[str, Any]:
        return plan_faults(_with_certificate(campaign, until))  # type: ignore[arg-type]

    assert "certificate_until" not in faults("2026-09-12")
    assert "certificate_until" not in faults("2026/9/12")
    assert faults("2026-09-11")["certificate_until"].code == "certificate_expires"


def _with_certificate(campaign: NewCampaign, until: str) -> NewCampaign:
    return replace(campaign, plan={**campaign.plan, "certificate_until": until})


@pytest.mark.parametrize("team", ["爱心队\u200b", "爱\u2060心队", "爱心队\ufe0e", " 爱心队 ", "爱心队\u3164"])
def test_teams_that_look_alike_are_one_team(reader: Reader, world: World, team: str) -> None:
    reader.open(reader.form_page + "?team=爱心队")
    reader.send(reader.form_page)
    reader.open(reader.form_page)
    reader.send(reader.form_page, team=team)
    assert world.do(lambda tx: [row[0] for row in tx.rows("SELECT DISTINCT team FROM donation")]) == ["爱心队"]


def test_a_team_that_turns_the_direction_of_text_is_left_out(reader: Reader, world: World) -> None:
    reader.open(reader.form_page)
    reader.send(reader.form_page, team="\u202e队心爱")
    assert world.do(lambda tx: tx.scalar("SELECT team FROM donation")) == ""


def test_composition_and_width_make_no_second_team(app: Flask, world: World) -> None:
    api = Api(app.test_client(), world)
    for team in ("e\u0301cole", "\u00e9cole", "ｅ\u0301cole"):
        assert api.post("/donations", api.command(team=team)).status_code == 201
    assert world.do(lambda tx: [row[0] for row in tx.rows("SELECT DISTINCT team FROM donation")]) == ["école"]
    response = api.post("/donations", api.command(team="\u2066x"))
    assert response.status_code == 422


def test_a_form_keeps_the_seconds_of_a_time() -> None:
    last = datetime(2026, 9, 9, 15, 59, 59, tzinfo=UTC)
    assert parse_moment(format_moment(last)) == last
