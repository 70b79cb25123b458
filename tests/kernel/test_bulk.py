"""Many rows written by one statement, whether or not they share values."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from campaigns.donations.letters.letter_models import Letter, LetterKind
from campaigns.donations.models import ScreeningQueueEntry
from kernel.bulk import Rows, insert_rows, insert_together, update_rows
from kernel.db import Database

NOW = datetime(2026, 9, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize("rows", [1, 99, 100, 101])
def test_shared_values_are_stored_in_each_row(db: Database, rows: int) -> None:
    ids = [uuid4() for _ in range(rows)]
    letters: dict[str, Any] = {
        "donation_id": ids,
        "kind": [str(LetterKind.THANKS)] * rows,
        "about": [""] * rows,
        "amount_minor": [None] * rows,
        "state": "waiting",
        "created_at": [NOW] * rows,
        "due_at": NOW,
        "attempts": [0] * rows,
        "failure": "",
    }
    with db.transaction() as tx:
        insert_together(tx, [Rows(Letter, letters)])
        changed = update_rows(tx, Letter, "donation_id", {"donation_id": ids, "attempts": [3] * rows})
        stored = tx.rows(
            "SELECT donation_id, kind, about, amount_minor, created_at, attempts FROM letter ORDER BY id"
        )
    assert changed == rows
    assert [tuple(row) for row in stored] == [(id_, "thanks", "", None, NOW, 3) for id_ in ids]


def test_rows_that_share_every_value_are_all_stored(db: Database) -> None:
    donation_id = uuid4()
    with db.transaction() as tx:
        rows = insert_rows(tx, ScreeningQueueEntry, {"donation_id": [donation_id] * 120}, returning="donation_id")
    assert [row.donation_id for row in rows] == [donation_id] * 120


@pytest.mark.parametrize(
    ("sql_type", "items"),
    [
        ("uuid", [uuid4() for _ in range(150)]),
        ("uuid", [None, uuid4(), None]),
        ("bytea", [b"", b"\x00\xff\\", bytes(range(256)) * 3]),
        ("bytea", [None, b"sealed", None]),
        ("text", ['a"b\\', "{}", None, "\x01", "善"]),
    ],
)
def test_a_list_comes_back_as_it_was_sent(db: Database, sql_type: str, items: list[Any]) -> None:
    sql = f"SELECT item FROM unnest(CAST(:items AS {sql_type}[])) WITH ORDINALITY AS u(item, nth) ORDER BY nth"
    with db.transaction() as tx:
        assert [row.item for row in tx.rows(sql, items=items)] == items
        assert list(tx.rows(sql, items=[])) == []
