"""The file of a campaign's cases: in the order of the list, which is not counted and sorted again for each part."""

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
from flask import Flask

from app.exports import table
from campaigns.screening import cases as screening
from campaigns.screening.decide import cancel
from kernel.db import Tx
from kernel.keys import Keys
from tests.cashier import clock, world
from tests.screening.test_bursts_of_cases import burst, pot
from tests.web.conftest import app, manager, reader
from tests.web.reader import Reader
from tests.world import World

__all__ = ["app", "clock", "manager", "pot", "reader", "world"]


def test_the_file_of_cases_is_read_part_by_part(
    app: Flask, manager: Reader, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "PAGE_ROWS", 2)
    first, *others = burst(world, 5)
    world.do(cancel, first, "not eligible", "reviewer")
    parts: list[int] = []
    views = screening.views

    def counted(tx: Tx, keys: Keys, ids: Sequence[int]) -> list[dict[str, Any]]:
        parts.append(len(ids))
        return views(tx, keys, ids)

    monkeypatch.setattr(screening, "views", counted)
    assert cases(manager, world) == [*others, first]
    assert parts == [2, 2, 1]
    assert cases(manager, world, "?state=open") == others


def cases(manager: Reader, world: World, query: str = "") -> list[int]:
    file = manager.open(f"/console/campaigns/{world.slug}/cases.csv{query}").removeprefix("\ufeff")
    return [int(row["个案"]) for row in csv.DictReader(io.StringIO(file))]
