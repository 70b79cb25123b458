"""A donation's project is corrected on a page: shown before, with consent, in the own branch."""

from flask import Flask

from campaigns.network.people import create_manager
from kernel.clock import local_day
from tests.web.reader import PASSWORD, Reader, text
from tests.world import World


def typed(world: World, project: int, **other: str) -> dict[str, str]:
    agreed = {"consent": "phone", "consented_on": local_day(world.clock.at).isoformat(), "reason": "选错了村"}
    return {"project": str(world.projects[project]), **agreed, **other}


def test_a_correction_is_previewed_and_then_made(manager: Reader, world: World) -> None:
    world.pot(30_00)
    donation = world.pay(world.give(100_00))
    address = f"/donations/{donation.id}/project"
    assert "更正" in manager.open(f"/console/donations/{donation.id}")
    assert "幸福家园 41020101" in manager.open(f"/console{address}")
    assert "请填写" in manager.send(address, verb="preview", project=str(world.projects[2]))
    page = text(manager.send(address, verb="preview", **typed(world, 2)))
    assert "会发生什么" in page and "130.00" in page and "配捐不变" in page
    assert world.view(donation).project_id == world.projects[0], "only shown"
    done = text(manager.send(address, verb="save", **typed(world, 2)))
    assert "项目已更正" in done and "同意（电话）" in done
    assert world.view(donation).project_id == world.projects[2]
    assert "更正为“幸福家园 41020101”" in done
    assert f"项目：幸福家园 41010101 {world.projects[0]} → 幸福家园 41020101 {world.projects[2]}" in done, (
        "the history names the project"
    )
    assert "the match stays 30.00 yuan" in manager.open(f"/console/donations/{donation.id}?lang=en")
    world.check()


def test_a_neighbour_can_neither_take_nor_give(app: Flask, world: World) -> None:
    donation = world.pay(world.give(100_00))
    world.do(create_manager, "luanchuan", PASSWORD, "finance", "test", "4101")
    reader = Reader(app.test_client(), world)
    reader.sign_in("luanchuan")
    page = reader.open(f"/console/donations/{donation.id}/project")
    assert "幸福家园 41010102" in page and "幸福家园 41020101" not in page
    assert "没有权限" in reader.send(f"/donations/{donation.id}/project", verb="preview", **typed(world, 2))
    assert world.view(donation).project_id == world.projects[0]
