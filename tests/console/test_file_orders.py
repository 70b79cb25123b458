"""Files that a job writes: ordered once, followed by a bar, taken away by who ordered them, gone after a day."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.exports import work
from app.exports.orders import order_donations
from app.exports.work import write_exports
from campaigns.donations.search_plan import DonationQuery
from campaigns.exports import runs
from campaigns.exports.models import ExportRun, ExportState
from campaigns.network.models import Manager
from campaigns.network.people import caller_of
from campaigns.network.roles import Caller
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound
from tests.api.client import Api
from tests.web.conftest import app, clock, manager, reader, world
from tests.web.reader import Reader, text
from tests.world import SLUG, World

__all__ = ["app", "clock", "manager", "reader", "world"]
CITY, COUNTY = Caller("a", "admin", None, "a"), Caller("b", "finance", "4102", "b")


def ordered(
    app: Flask, world: World, caller: Caller = CITY, file_format: str = "csv", **query: object
) -> ExportRun:
    wanted = DonationQuery(**query, branch=caller.branch_code)  # type: ignore[arg-type]
    with app.test_request_context():
        run: ExportRun = world.do(order_donations, caller, wanted, file_format)
    return run


def content_of(world: World, run: ExportRun) -> bytes:
    return b"".join(runs.content(world.db, run.id or 0, lambda _tx: True))


def test_a_file_is_ordered_followed_and_taken_away(manager: Reader, world: World) -> None:
    for _ in range(52):
        world.give(10_00)
    world.pay(world.give(77_00))
    manager.open(f"/console/donations?campaign={SLUG}")
    page = text(manager.send(f"/exports?campaign={SLUG}", format="csv"))
    assert "文件正在写" in page and "排队" in page
    assert write_exports(world.deps) == 1
    assert "53 行" in text(manager.open("/console/exports"))
    file = manager.http.get("/console/exports/1")
    assert file.headers["Content-Disposition"] == "attachment; filename=donations.csv"
    direct = manager.http.get(f"/console/donations.csv?campaign={SLUG}")
    assert file.data == direct.data and file.content_length == len(direct.data)
    actions = world.do(lambda tx: [row.action for row in tx.rows("SELECT action FROM audit_entry ORDER BY id")])
    assert actions[-3:] == ["export.order", "export.donations", "export.donations"]


def test_the_same_order_under_way_is_the_same_file(app: Flask, world: World) -> None:
    first = ordered(app, world)
    assert ordered(app, world).id == first.id
    assert ordered(app, world, file_format="xlsx").id != first.id
    assert ordered(app, world, campaign=SLUG).id != first.id
    with pytest.raises(Conflict, match="export_limit"):
        ordered(app, world, campaign="other")
    assert write_exports(world.deps) == 3
    assert ordered(app, world).id != first.id, "later rows are wanted now"


def test_an_order_reaches_its_branch_and_its_owner(app: Flask, world: World) -> None:
    world.pay(world.give(10_00, 0))
    world.pay(world.give(20_00, 2))
    run = ordered(app, world, COUNTY)
    write_exports(world.deps)
    rows = content_of(world, run).decode().splitlines()
    assert len(rows) == 2 and "20.00" in rows[1]
    with pytest.raises(NotFound, match="export_unknown"):
        world.do(runs.take, CITY, run.id)
    with pytest.raises(Invalid, match="export_invalid"):
        ordered(app, world, donor_key="a key")


def test_a_file_is_out_of_reach_once_its_owner_has_less(app: Flask, world: World) -> None:
    """Their branch has changed since, or a token of theirs is limited to a part."""
    run = ordered(app, world)
    write_exports(world.deps)
    county = CITY._replace(branch_code="4102")
    with pytest.raises(NotFound, match="export_unknown"):
        world.do(runs.take, county, run.id)
    assert world.do(runs.ordered_by, county) == []
    assert [row.id for row in world.do(runs.ordered_by, CITY)] == [run.id]


@pytest.mark.parametrize("loses", ["the session", "the account", "the branch", "the role"])
def test_a_download_breaks_off_when_its_reader_loses_the_right(
    app: Flask, manager: Reader, world: World, monkeypatch: pytest.MonkeyPatch, loses: str
) -> None:
    monkeypatch.setattr(work, "PART_BYTES", 500)
    for _ in range(12):
        world.give(10_00)
    ordered(app, world, world.do(lambda tx: caller_of(tx.get(Manager, 1))))
    write_exports(world.deps)
    whole = manager.http.get("/console/exports/1").data
    file = manager.http.get("/console/exports/1", buffered=False)
    parts = iter(file.response)
    first = next(parts)
    world.do(_LOSSES[loses])
    assert first == whole[:500] and list(parts) == []
    file.close()


def _change(sql: str) -> Callable[[Tx], object]:
    return lambda tx: list(tx.rows(f"{sql} RETURNING id"))


_LOSSES = {
    "the session": _change("UPDATE manager_session SET ended_at = now()"),
    "the account": _change("UPDATE manager SET disabled_at = now()"),
    "the branch": _change("UPDATE manager SET branch_code = '4102'"),
    "the role": _change("UPDATE manager SET role = 'liaison'"),
}


def test_a_writer_that_was_killed_is_followed_by_another(app: Flask, world: World) -> None:
    run = ordered(app, world, file_format="xlsx")
    killed = world.do(runs.claim)
    world.do(runs.add_part, killed, 0, b"half a file")
    assert write_exports(world.deps) == 0, "it may still be at work"
    world.clock.at += timedelta(minutes=2)
    assert write_exports(world.deps) == 1
    with pytest.raises(runs.Lost):
        world.do(runs.add_part, killed, 1, b"the other half")
    assert content_of(world, run).startswith(b"PK") and b"half" not in content_of(world, run)


class Killed(BaseException):
    """The process that writes a file ends."""


def test_the_bar_moves_while_a_file_is_written(
    manager: Reader, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page shows the rows done of all rows and refreshes by itself, without a script."""
    for _ in range(53):
        world.give(10_00)
    manager.open(f"/console/donations?campaign={SLUG}")
    manager.send(f"/exports?campaign={SLUG}", format="csv")
    read, seen = work.donations_table, []

    def stopped(*of: Any) -> tuple[list[str], Iterator[list[Any]]]:
        header, rows = read(*of)
        return header, until_killed(rows)

    def until_killed(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
        for number, row in enumerate(rows):
            seen.append(bar_of(manager.open("/console/exports")))
            if number == 5:
                raise Killed
            yield row

    monkeypatch.setattr(work, "_REPORT_S", -1)
    monkeypatch.setattr(work, "donations_table", stopped)
    with pytest.raises(Killed):
        write_exports(world.deps)
    assert seen == [(f"{done} / 53 行", f'max="53" value="{done}"') for done in range(6)]
    monkeypatch.setattr(work, "donations_table", read)
    world.clock.at += timedelta(minutes=2)
    assert write_exports(world.deps) == 1
    page = manager.open("/console/exports")
    assert "53 行" in text(page) and "<progress" not in page and 'http-equiv="refresh"' not in page


def bar_of(page: str) -> tuple[str, str]:
    """The words and the values of the bar on a page that refreshes by itself."""
    assert '<meta http-equiv="refresh" content="2">' in page and "正在写" in page and "下载</a>" not in page
    bar, words = page.split("<progress ")[1].split("</td>")[0].split("</progress>")
    return words.strip(), bar.split(" aria-label")[0]


def test_a_file_that_cannot_be_written_is_shown_as_failed(app: Flask, world: World, manager: Reader) -> None:
    run = ordered(app, world, Caller("boss", "admin", None, "boss"), campaign=SLUG)
    for _ in range(runs.MOST_TRIES):
        world.do(runs.claim)
        world.clock.at += timedelta(minutes=2)
    write_exports(world.deps)
    assert world.do(lambda tx: tx.get(ExportRun, run.id)).state == ExportState.FAILED


def test_a_file_is_kept_for_a_day(app: Flask, world: World) -> None:
    run = ordered(app, world)
    write_exports(world.deps)
    world.clock.at += timedelta(hours=25)
    write_exports(world.deps)
    with pytest.raises(Conflict, match="export_not_there"):
        world.do(runs.take, CITY, run.id)
    assert content_of(world, run) == b""


def test_files_are_ordered_by_api(app: Flask, world: World) -> None:
    api = Api(app.test_client(), world)
    world.pay(world.give(20_00))
    order = api.manage("/exports", {"format": "csv", "filters": {"campaign": SLUG, "status": "paid"}})
    assert order["state"] == "waiting"
    write_exports(world.deps)
    shown = api.get(f"/exports/{order['id']}", api.token()).get_json()
    assert (shown["state"], shown["rows_done"], shown["rows_total"]) == ("done", 1, 1)
    assert b"20.00" in api.get(f"/exports/{order['id']}/file", api.token()).data
    assert api.get(f"/exports/{order['id']}", api.token("auditor")).status_code == 404
