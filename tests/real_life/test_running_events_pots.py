"""Events that run: a pot is paused and resumed, a tranche opened early, postponed, taken back; by every way."""

from datetime import timedelta

from campaigns import pots
from matching.pots import Tranche
from tests.api.client import Api, problem
from tests.cli.conftest import Terminal
from tests.real_life.running_steps import sound
from tests.web.reader import Reader, text
from tests.world import SLUG, World

WHY = {"reason": "规则写错，先停一停"}


def tranched(world: World) -> int:
    later = world.clock.at + timedelta(hours=1)
    return world.pot(0, tranches=[Tranche(world.clock.at, 100_00), Tranche(later, 200_00)])


def test_a_pot_is_paused_and_resumed_through_the_api(world: World, api: Api) -> None:
    pot = world.pot(500_00)
    waiting = world.give(100_00)
    problem(api.post(f"/pots/{pot}/pause", WHY, api.token("finance")), 403, "not_permitted")
    problem(api.post(f"/pots/{pot}/pause", {"reason": " "}, api.token("manager")), 422, "reason_missing")
    problem(api.post(f"/pots/{pot}/pause", {}, api.token("manager")), 422, "validation_failed")
    problem(api.post("/pots/999/pause", WHY, api.token("manager")), 404, "pot_unknown")
    shown = api.manage(f"/pots/{pot}/pause", WHY, 200, role="manager")
    assert (shown["paused"], shown["available_minor"], shown["paused_minor"]) == (True, 0, 400_00)
    public = api.get(f"/campaigns/{SLUG}").get_json()["pots"][0]
    assert (public["paused"], public["available_minor"], public["reserved_minor"]) == (True, 0, 100_00)
    assert world.give(50_00).reserved_minor == 0
    assert world.pay(waiting).captured_minor == 100_00
    assert api.manage(f"/pots/{pot}/resume", WHY, 200)["available_minor"] == 400_00
    assert world.give(50_00).reserved_minor == 50_00
    sound(world)


def test_the_public_page_says_that_a_pot_is_paused(world: World, api: Api, manager: Reader) -> None:
    pot = world.pot(500_00)
    assert "暂停配捐" not in manager.open(f"/c/{SLUG}")
    api.manage(f"/pots/{pot}/pause", WHY, 200)
    assert "暂停配捐" in manager.open(f"/c/{SLUG}") and "现可配" not in manager.page.text
    assert "暂停配捐" in manager.open(f"/c/{SLUG}/screen")
    assert "配捐暂停，照样能捐" in manager.open(f"/c/{SLUG}")
    assert "配捐暂停了" in manager.open(manager.form_page)
    assert "Matching paused" in manager.open(f"/c/{SLUG}?lang=en")


def test_a_pot_is_paused_in_the_console_and_the_effect_is_said_before(world: World, manager: Reader) -> None:
    pot = world.pot(500_00)
    manager.open(f"/console/pots/{pot}/pause")
    assert "现可配的 500.00 元留在池中" in manager.page.text
    assert not world.pots()[pot].paused
    assert "请填写" in manager.send("/pause", verb="save", reason=" ")
    world.give(100_00)  # meanwhile: a busy pot too must be paused with one click
    assert "配捐池已暂停。" in manager.send("/pause", verb="save", reason="先停")
    assert "暂停配捐，恢复前不给新的捐赠配捐" in manager.page.text and "先停" in manager.page.text
    manager.open(f"/console/pots/{pot}/resume")
    assert "恢复配捐，现可配 400.00 元" in manager.page.text
    assert "配捐池已恢复。" in manager.send("/resume", verb="save", reason="改好了")
    assert not world.pots()[pot].paused
    sound(world)


def test_who_confirms_what_a_colleague_has_done_is_told_who_it_was(world: World, manager: Reader) -> None:
    pot = tranched(world)
    tranche = world.do(lambda tx: tx.scalar("SELECT max(id) FROM pot_funding"))
    manager.open(f"/console/pots/{pot}/pause")
    world.do(pots.pause, pot, "规则写错", "chen")
    assert "chen 在" in text(manager.send("/pause", verb="save", reason="先停"))
    assert "chen 在" in text(manager.open(f"/console/pots/{pot}/pause"))
    manager.open(f"/console/pots/{pot}/tranches/{tranche}/move")
    manager.send("/move", verb="preview", opens_at="2026-09-09T21:30", reason="x")
    world.do(pots.move_tranche, pot, tranche, world.clock.at + timedelta(hours=3), "y", "chen")
    assert "刚才情况有变化" in manager.send("/move", verb="save")
    assert "原定 2026-09-09 15:00 开放" in manager.page.text


def test_a_tranche_is_moved_through_the_api(world: World, api: Api) -> None:
    pot = tranched(world)
    first, second = api.manage(f"/pots/{pot}", status=200, method="GET")["tranches"]
    assert (first["state"], second["state"]) == ("open", "closed")
    path = f"/pots/{pot}/tranches/{second['id']}"
    problem(api.post(f"{path}/open", WHY, api.token("reviewer")), 403, "not_permitted")
    problem(api.post(f"/pots/{pot}/tranches/{first['id']}/open", WHY, api.token()), 409, "tranche_open")
    past = {"opens_at": (world.clock.at - timedelta(minutes=1)).isoformat(), **WHY}
    assert "opens_at" in problem(api.post(f"{path}/move", past, api.token()), 422, "tranche_in_the_past")["fields"]
    later = {"opens_at": (world.clock.at + timedelta(hours=2)).isoformat(), **WHY}
    moved = api.manage(f"{path}/move", later, 200)
    assert moved["next_tranche_at"][:19] == moved["tranches"][1]["opens_at"][:19] == later["opens_at"][:19]
    assert api.manage(f"{path}/open", WHY, 200)["available_minor"] == 300_00
    problem(api.post(f"{path}/withdraw", WHY, api.token()), 409, "tranche_open")
    sound(world)


def test_a_tranche_is_taken_back_through_the_api(world: World, api: Api) -> None:
    pot = tranched(world)
    tranche = api.manage(f"/pots/{pot}", status=200, method="GET")["tranches"][1]["id"]
    shown = api.manage(f"/pots/{pot}/tranches/{tranche}/withdraw", WHY, 200)
    assert (shown["funded_minor"], shown["available_minor"], shown["next_tranche_at"]) == (100_00, 100_00, None)
    assert shown["tranches"][1]["state"] == "withdrawn"
    problem(api.post(f"/pots/{pot}/tranches/{tranche}/open", WHY, api.token()), 409, "tranche_open")
    sound(world)


def test_tranches_are_moved_in_the_console(world: World, manager: Reader) -> None:
    pot = tranched(world)
    tranche = world.do(lambda tx: tx.scalar("SELECT max(id) FROM pot_funding"))
    assert "待开放" in manager.open(f"/console/pots/{pot}")
    manager.open(f"/console/pots/{pot}/tranches/{tranche}/move")
    assert "请填写日期和时间" in manager.send("/move", verb="preview", opens_at="soon", reason="x")
    manager.send("/move", verb="preview", opens_at="2026-09-09T21:30", reason="x")
    assert "改在 2026-09-09 21:30 开放" in manager.page.text
    assert "开放时间已改。" in manager.send("/move", verb="save")
    history = text(manager.page.text).partition(" 操作记录 ")[2]
    assert "→ 2026-09-09 21:30" in history and "原因：x" in history, history
    manager.open(f"/console/pots/{pot}/tranches/{tranche}/open")
    assert "现可配从 100.00 元变为 300.00 元" in manager.page.text
    manager.open(f"/console/pots/{pot}/tranches/{tranche}/withdraw")
    assert "退回“专项基金”" in manager.page.text
    assert "这批额度已退回基金。" in manager.send("/withdraw", verb="save", reason="捐方撤回")
    assert "已收回" in manager.page.text
    assert "这批额度已经开放或已收回" in manager.open(f"/console/pots/{pot}/tranches/{tranche}/open")
    sound(world)


def test_pots_are_changed_by_command(world: World, terminal: Terminal) -> None:
    pot = tranched(world)
    tranche = str(world.do(lambda tx: tx.scalar("SELECT max(id) FROM pot_funding")))
    assert "is paused" in terminal.ok("pots", "pause", str(pot), "--reason", "x")
    assert "paused" in terminal.ok("pots", "list", SLUG)
    terminal.refused("reason_missing", "pots", "resume", str(pot), "--reason", " ")
    terminal.ok("pots", "resume", str(pot), "--reason", "x")
    terminal.refused(
        "tranche_in_the_past", "pots", "move-tranche", str(pot), tranche, "--to", "2026-01-01", "--reason", "x"
    )
    moved = terminal.ok("pots", "move-tranche", str(pot), tranche, "--to", "2026-09-09 21:30", "--reason", "x")
    assert "2026-09-09T21:30:00+08:00" in moved
    terminal.ok("pots", "open-tranche", str(pot), tranche, "--reason", "x")
    terminal.refused("tranche_open", "pots", "withdraw-tranche", str(pot), tranche, "--reason", "x")
    assert world.pots()[pot].available_minor == 300_00
    sound(world)
