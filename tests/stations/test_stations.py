"""The checklist of stations: data ticks by itself, a township by hand; who lacks most and longest stands first."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from campaigns.close_node import close_node
from campaigns.network import tree
from campaigns.network.accounts import disable
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.network.tokens import create_token
from campaigns.payouts import payees
from campaigns.payouts.payees import NewAccount
from campaigns.stations.models import StationItem
from campaigns.stations.stations import CheckState, listed, may_tick, tick, untick
from campaigns.waiting import Work, waiting
from kernel.errors import Conflict, Forbidden
from kernel.paging import Page
from tests.api.client import Api, problem
from tests.web.conftest import app, clock, manager, reader, world
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World

__all__ = ["app", "clock", "manager", "reader", "world"]
TOWN, VILLAGE, OTHER, COUNTY = "410101", "41010101", "41010102", "4101"
TOWNSHIP = Caller("town", "liaison", TOWN)


def states(world: World, code: str = VILLAGE) -> dict[StationItem, CheckState]:
    (station,) = (row for row in world.do(listed, None)[0] if row.code == code)
    return {check.item: check.state for check in station.checks}


def test_data_ticks_and_takes_back_its_tick(world: World) -> None:
    assert set(states(world).values()) == {CheckState.MISSING}
    account = NewAccount("蒿坪村委会", "洛阳银行", "313493080018", "6228480012345678")
    payee = world.do(payees.propose, world.deps.keys, VILLAGE, account, "one")
    assert states(world)[StationItem.BANK_ACCOUNT] == CheckState.MISSING  # nobody has confirmed it
    world.do(payees.confirm, payee.id, "two")
    world.do(create_manager, "auditor", PASSWORD, "auditor", "test", VILLAGE)
    assert states(world)[StationItem.LIAISON] == CheckState.MISSING  # files no project
    world.do(create_manager, "liaison", PASSWORD, "liaison", "test", VILLAGE)
    contact = (
        "UPDATE project SET contact_name = '李娟', contact_consented_at = now() WHERE organisation_code = :code"
    )
    world.do(lambda tx: tx.run(contact, code=VILLAGE))
    missing = {item for item, state in states(world).items() if state == CheckState.MISSING}
    assert missing == {StationItem.REGISTRATION} and set(states(world, OTHER).values()) == {CheckState.MISSING}
    world.do(disable, "liaison", "test")
    assert states(world)[StationItem.LIAISON] == CheckState.MISSING


def test_nodes_with_the_most_and_oldest_gaps_are_listed_first(world: World) -> None:
    world.clock.at += timedelta(days=3)
    world.do(tree.add, TOWN, "41010100", "新村", "test")
    world.do(tick, TOWNSHIP, VILLAGE, StationItem.CONTACT)
    rows, total = world.do(listed, TOWN)
    assert [row.code for row in rows] == [TOWN, OTHER, "41010100", VILLAGE] and total == 4
    assert [row.code for row in world.do(listed, TOWN, "", None, Page(2, 3))[0]] == [VILLAGE]
    assert VILLAGE not in [row.code for row in world.do(listed, None, COUNTY, StationItem.CONTACT)[0]]
    assert world.do(listed, TOWN, "4102") == ([], 0) and world.do(listed, None, "a\x00") == ([], 0)
    world.do(close_node, "41010100", "撤并", "test")
    assert world.do(listed, TOWN)[1] == 3


def test_a_township_ticks_and_a_village_does_not(world: World) -> None:
    for _again in range(2):
        world.do(tick, TOWNSHIP, VILLAGE, StationItem.REGISTRATION)
        world.clock.at += timedelta(hours=1)
    (check,) = (row.checks[-1] for row in world.do(listed, TOWN)[0] if row.code == VILLAGE)
    assert (check.state, check.ticked_by) == (CheckState.BY_HAND, "town")
    assert check.ticked_at == world.clock.at - timedelta(hours=2)
    for _again in range(2):
        world.do(untick, TOWNSHIP, VILLAGE, StationItem.REGISTRATION)
    assert states(world)[StationItem.REGISTRATION] == CheckState.MISSING
    entries = "SELECT action, subject, detail ->> 'item' FROM audit_entry WHERE action LIKE 'station.%' ORDER BY id"
    assert [tuple(row) for row in world.do(lambda tx: tx.rows(entries))] == [
        (f"station.{verb}", f"organisation:{VILLAGE}", "registration") for verb in ("tick", "untick")
    ]
    for caller in (Caller("village", "liaison", VILLAGE), Caller("auditor", "auditor", TOWN)):
        assert not world.do(may_tick, caller)
        with pytest.raises(Forbidden, match="not_permitted"):
            world.do(tick, caller, VILLAGE, StationItem.REGISTRATION)
    with pytest.raises(Conflict, match="no_station"):
        world.do(tick, Caller("admin", "admin"), COUNTY, StationItem.REGISTRATION)


def test_only_the_township_is_reminded(world: World) -> None:
    def lines(caller: Caller) -> list[Any]:
        return [line for line in world.do(waiting, caller) if line.work is Work.STATIONS]

    (line,) = lines(TOWNSHIP)
    assert line.pieces == 3 and line.due_at - line.since == timedelta(days=30)
    for caller in (Caller("a", "admin"), Caller("c", "manager", COUNTY), Caller("v", "liaison", VILLAGE)):
        assert lines(caller) == []
    assert lines(Caller("auditor", "auditor", TOWN)) == []
    for code in (TOWN, VILLAGE, OTHER):
        for item in StationItem:
            world.do(tick, TOWNSHIP, code, item)
    assert lines(TOWNSHIP) == []


def test_the_table_in_the_console(app: Flask, manager: Reader, world: World) -> None:
    world.do(tree.rename, OTHER, "<b>村", "test")
    for login, branch in (("town", TOWN), ("village", VILLAGE)):
        world.do(create_manager, login, PASSWORD, "liaison", "test", branch)
    town = Reader(app.test_client(), world)
    town.sign_in("town")
    assert "3 个站点的清单还缺东西" in text(town.open("/console/"))
    page = town.open("/console/stations?missing=registration")
    assert "&lt;b&gt;村" in page and "天桥沟村" not in page
    action = f"/stations/{VILLAGE}/registration/tick?page=1&missing=registration"
    page = text(town.send(action))
    assert "已打勾" in page and "蒿坪村" not in page  # the filter stays
    assert "人工打勾 town" in text(town.open("/console/stations"))
    village = Reader(app.test_client(), world)
    village.sign_in("village")
    page = village.open("/console/stations")
    assert "蒿坪村" in page and "/tick" not in page and "/untick" not in page
    assert "站点自查打勾" in text(manager.open(f"/console/audit?kind=organisation&number={VILLAGE}"))
    manager.open(f"/console/network/{COUNTY}")
    assert f"/console/stations?under={COUNTY}" in manager.page.text
    assert "人工打勾" in manager.open(f"/console/stations?under={COUNTY}&missing=nonsense")


def test_a_page_of_the_table_is_short_enough_for_a_phone(manager: Reader, world: World) -> None:
    for number in range(25):
        world.do(tree.add, TOWN, f"410101{50 + number}", f"新{number}村", "test")
    pages = [manager.open(f"/console/stations?under={TOWN}&page={number}") for number in (1, 2)]
    assert [page.count('<th scope="row">') for page in pages] == [20, 8]
    assert "page=2" in pages[0] and "站点自查 28" in text(pages[0])


def test_stations_by_api(app: Flask, world: World) -> None:
    api = Api(app.test_client(), world)
    path = f"/stations/{VILLAGE}/registration/tick"
    town = world.do(create_token, "liaison", "town", branch_code=TOWN)
    assert api.post(path, None, town).status_code == 204
    listed_rows = api.get("/stations?missing=contact&under=410101&page_size=2", town)
    assert len(listed_rows.get_json()) == 2 and '"total": 3' in listed_rows.headers["X-Pagination"]
    (row,) = (row for row in api.get("/stations", town).get_json() if row["code"] == VILLAGE)
    assert row["missing"] == ["contact", "bank_account", "liaison"]
    assert row["checks"][-1]["state"] == "by_hand" and row["checks"][-1]["ticked_at"]
    problem(api.get("/stations?missing=x", town), 422, "validation_failed")
    problem(api.post(f"/stations/{COUNTY}/contact/tick", None, api.token()), 409, "no_station")
    problem(api.post("/stations/41020101/contact/tick", None, town), 404, "organisation_unknown")
    village = world.do(create_token, "liaison", "village", branch_code=VILLAGE)
    problem(api.post(path, None, village), 403, "not_permitted")
    problem(api.post(path, None, api.token("auditor")), 403, "not_permitted")
    assert api.post(f"/stations/{VILLAGE}/registration/untick", None, town).status_code == 204


def test_each_missing_item_has_its_own_age(world: World) -> None:
    """From the beginning, or from the day on which it was taken back."""
    began = world.do(lambda tx: tx.scalar("SELECT created_at FROM organisation WHERE code = :code", code=VILLAGE))
    world.do(tick, TOWNSHIP, VILLAGE, StationItem.REGISTRATION)
    world.clock.advance(days=9)
    world.do(untick, TOWNSHIP, VILLAGE, StationItem.REGISTRATION)
    taken_back = world.clock.at
    world.clock.advance(days=1)
    (station,) = (row for row in world.do(listed, None)[0] if row.code == VILLAGE)
    ages = {check.item: check.missing_since for check in station.checks}
    assert ages.pop(StationItem.REGISTRATION) == taken_back
    assert set(ages.values()) == {began}


def test_a_branch_takes_its_stations_away(app: Flask, world: World) -> None:
    api = Api(app.test_client(), world)
    county = world.do(create_token, "manager", "county", branch_code=COUNTY)
    world.do(tick, Caller("town", "liaison", TOWN), VILLAGE, StationItem.REGISTRATION)
    head, *rows = csv.reader(io.StringIO(api.get("/stations.csv", county).text.removeprefix("\ufeff")))
    assert head[:4] == ["组织代码", "机构", "级别", "上级"] and head[-2:] == ["缺几项", "天数"]
    assert {row[0][:4] for row in rows} == {COUNTY}
    (village,) = (row for row in rows if row[0] == VILLAGE)
    assert village[4] == "缺 0 天" and village[7].startswith("人工打勾 town") and village[-2] == "3"
    assert len(csv_rows(api, "/stations.csv?under=410101&missing=registration", county)) == 2
    other = world.do(create_token, "manager", "other", branch_code="4102")
    assert not any(row[0].startswith(COUNTY) for row in csv_rows(api, "/stations.csv", other))


def csv_rows(api: Api, path: str, token: str) -> list[list[str]]:
    """The rows of a table below its head."""
    return list(csv.reader(io.StringIO(api.get(path, token).text)))[1:]
