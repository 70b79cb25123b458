"""Managers start a training and throw it away: one at a time, and only its branch or those above end it."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest
from flask import Flask

from app import training_orders
from campaigns.network.people import create_manager
from campaigns.network.roles import Caller
from campaigns.network.tokens import create_token
from campaigns.network.tree_file import read
from embedded.process import wait_until
from embedded.training import Keeper, site_environment
from kernel.errors import Conflict, Invalid, NotFound, Unavailable
from settings.training_files import ORDER, STATE, is_kept, take_lock
from tests.api.client import Api
from tests.training.test_network import network
from tests.web.reader import PASSWORD, Reader
from tests.world import World

BOSS = Caller("boss", "admin")


def entries(world: World) -> list[str]:
    with world.db.snapshot() as tx:
        rows = tx.rows("SELECT action FROM audit_entry WHERE action LIKE 'training.%' ORDER BY id")
        return [row.action for row in rows]


@pytest.mark.usefixtures("keeper_lock")
def test_a_manager_starts_one_sees_it_and_throws_it_away(manager: Reader, world: World, tmp_path: Path) -> None:
    assert "开始一场演练" in manager.open("/console/training")
    assert "正在准备演练" in manager.send("/console/training", minutes="3")
    order = json.loads((tmp_path / ORDER).read_text())
    assert (order["ordered_by"], order["minutes"]) == ("boss", 3)
    assert {node.code for node in read(order["network"])} >= {"41", "4101"}, "the network as it is here"
    access = {
        "url": "http://localhost:1",
        "login": "demo-manager",
        "password": "such-a-password",
        "county": "栾川县",
    }
    (tmp_path / STATE).write_text(json.dumps({"id": order["id"], "state": "running", **access}))
    page = manager.open("/console/training")
    assert "http://localhost:1/console/" in page and "such-a-password" in page and "栾川县活动经理" in page
    assert "演练已丢弃" in manager.send("/training/throw-away")
    assert not (tmp_path / ORDER).exists()
    assert entries(world) == ["training.start", "training.throw_away"]


def test_without_a_keeper_none_can_be_ordered(manager: Reader, world: World, tmp_path: Path) -> None:
    assert "还没有开通演练" in manager.open("/console/training")
    with pytest.raises(Unavailable, match="training_unavailable"):
        world.do(training_orders.start, tmp_path, 3, BOSS)
    with pytest.raises(NotFound, match="training_not_there"):
        world.do(training_orders.throw_away, tmp_path, "boss")
    assert entries(world) == [] and not (tmp_path / ORDER).exists()


@pytest.mark.usefixtures("keeper_lock")
def test_of_two_at_once_one_starts(world: World, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="training_invalid"):
        world.do(training_orders.start, tmp_path, 4, BOSS)

    def order(_nth: int) -> object:
        try:
            return world.do(training_orders.start, tmp_path, 3, BOSS)
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(order, range(8)))
    assert outcomes.count("training_running") == 7
    assert entries(world) == ["training.start"] and sorted(tmp_path.glob("order*")) == [tmp_path / ORDER]


@pytest.mark.usefixtures("keeper_lock")
def test_a_neighbour_cannot_throw_it_away(app: Flask, world: World, tmp_path: Path) -> None:
    api = Api(app.test_client(), world)
    ours, neighbour = (
        world.do(create_token, "manager", f"of {code}", branch_code=code) for code in ("4101", "4102")
    )
    assert api.post("/training", {"minutes": 3}, api.token("liaison")).status_code == 403
    assert api.post("/training", {"minutes": 3}, ours).status_code == 202
    assert api.get("/training", neighbour).json["training"]["ordered_by"] == "token:of 4101"
    assert api.post("/training/throw-away", {}, neighbour).status_code == 403
    assert (tmp_path / ORDER).exists()
    assert api.post("/training/throw-away", {}, ours).status_code == 204


def test_a_trainee_cannot_start_another(trainee: Reader, world: World) -> None:
    world.do(create_manager, "boss", PASSWORD, "admin", "test")
    trainee.sign_in("boss")
    assert "您正在演练站里" in trainee.open("/console/training")
    assert "minutes" not in trainee.page.text


def test_the_site_inherits_no_setting_of_the_real_one(tmp_path: Path) -> None:
    real = {
        "PATH": "/bin",
        "DATABASE_URL": "postgresql:///real",
        "STRIPE_SECRET_KEY": "sk_live_x",
        "FIELD_KEY": "x",
    }
    real |= {
        "MAIL_URL": "smtps://mail",
        "PICTURES_URL": "https://bucket",
        "SECRET_KEY": "x",
        "REDIS_URL": "redis://x",
    }
    environ = site_environment(real, tmp_path, 8100, "")
    assert set(environ) & (set(real) - {"PATH"}) == set()
    assert environ["BEISHAN_TRAINING"] == "1" and environ["PUBLIC_URL"] == "http://localhost:8100"


def test_one_keeper_at_a_time(tmp_path: Path) -> None:
    assert not is_kept(tmp_path)
    assert take_lock(tmp_path) is not None and take_lock(tmp_path) is None and is_kept(tmp_path)


def test_a_site_without_an_order_left_by_a_stopped_keeper_is_deleted(tmp_path: Path) -> None:
    (tmp_path / "site" / "postgres").mkdir(parents=True)
    (tmp_path / STATE).write_text('{"id": "old", "state": "running"}')
    Keeper(tmp_path, {}).tick()
    assert list(tmp_path.iterdir()) == []


def test_an_order_that_is_over_is_deleted(tmp_path: Path) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    order = {"id": "a", "ordered_by": "boss", "branch": None, "minutes": 3, "ordered_at": past, "until": past}
    (tmp_path / ORDER).write_text(json.dumps(order))
    Keeper(tmp_path, {}).tick()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long  # a whole installation is started
def test_a_whole_training_starts_and_is_thrown_away(tmp_path: Path) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    order = {"id": "a", "ordered_by": "boss", "branch": "7702", "minutes": 3, "ordered_at": until, "until": until}
    order["network"] = network("77", ("7701", "7702"), 4)
    (tmp_path / ORDER).write_text(json.dumps(order))
    keeper = Keeper(tmp_path, os.environ)
    try:
        keeper.tick()
        state = json.loads((tmp_path / STATE).read_text())
        assert state["state"] == "running" and state["login"] == "demo-manager", state
        assert state["county"] == "7702县", "the federation's own network"
        with urlopen(f"{state['url']}/c/rehearsal") as page:
            assert page.headers["Beishan-Training"] == "1" and "演练活动" in page.read().decode()
        (tmp_path / ORDER).unlink()
        keeper.tick()
        assert wait_until(lambda: list(tmp_path.iterdir()) == [], 20)
    finally:
        keeper.stop()
