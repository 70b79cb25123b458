"""Importing the network: whole or not at all, once or ten times."""

import time

import pytest

from campaigns.network.import_tree import Imported, import_tree
from campaigns.network.organisations import ancestors, children, find
from campaigns.network.tree_file import Node, read
from kernel.db import Database
from kernel.errors import Invalid, NotFound


def count(db: Database) -> int:
    with db.transaction() as tx:
        return int(tx.scalar("SELECT count(*) FROM organisation"))


def test_the_real_tree_is_imported_whole_and_fast(db: Database, luoyang: list[Node]) -> None:
    began = time.thread_time()  # the clock would count who else uses the machine
    with db.transaction() as tx:
        assert import_tree(tx, luoyang, "seed") == Imported(3_454, 0, 0)
    took_s = time.thread_time() - began
    with db.transaction() as tx:
        rows = tx.rows("SELECT level, count(*) FROM organisation GROUP BY level")
    assert dict(rows) == {
        "city": 1,
        "county": 15,
        "township": 194,
        "village": 3_244,
    }
    assert took_s < 1  # about 60 ms; a statement for each node would take seconds


def test_importing_again_changes_nothing(db: Database, luoyang: list[Node]) -> None:
    for expected in (Imported(3_454, 0, 0), Imported(0, 3_454, 0)):
        with db.transaction() as tx:
            assert import_tree(tx, luoyang, "seed") == expected


def test_an_organisation_may_get_another_name(db: Database, luoyang: list[Node]) -> None:
    with db.transaction() as tx:
        import_tree(tx, luoyang, "seed")
        renamed = [luoyang[0]._replace(name="洛阳市慈善联合总会"), *luoyang[1:]]
        assert import_tree(tx, renamed, "seed") == Imported(0, 3_453, 1)
        assert tx.scalar("SELECT name FROM organisation WHERE code = '4103'") == "洛阳市慈善联合总会"


def test_an_organisation_that_would_move_is_named_and_nothing_is_imported(db: Database) -> None:
    head = "code,name,level,parent_code\n41,市,city,\n4101,甲,county,41\n4102,乙,county,41\n"
    with db.transaction() as tx:
        import_tree(tx, read(head + "410101,丙,township,4101\n"), "seed")
    with pytest.raises(Invalid) as refused, db.transaction() as tx:
        import_tree(tx, read(head + "410101,丙,township,4102\n410102,丁,township,4101\n"), "seed")
    assert list(refused.value.fields) == ["line 5.parent_code"]
    assert count(db) == 4


def test_a_superior_may_be_in_the_tree_instead_of_the_file(db: Database) -> None:
    head = "code,name,level,parent_code\n"
    with db.transaction() as tx:
        import_tree(
            tx, read(head + "41,市,city,\n4101,甲,county,41\n4102,乙,county,41\n410201,丙,township,4102\n"), ""
        )
        tx.run("UPDATE organisation SET closed_at = now() WHERE code IN ('4102', '410201')")
        tx.run("UPDATE organisation SET merged_into = '4101' WHERE code = '4102'")
        rows = "410101,丁,township,4101\n41010101,戊,village,410101\n410102,己,township,4102\n"
        assert import_tree(tx, read(head + rows), "seed") == Imported(3, 0, 0)
        placed = tx.rows(
            "SELECT code, parent_code, lineage FROM organisation WHERE name IN ('戊', '己') ORDER BY code"
        )
    assert [tuple(row) for row in placed] == [
        ("41010101", "410101", ["41", "4101", "410101", "41010101"]),
        ("410102", "4101", ["41", "4101", "410102"]),  # below the node that took over the named one
    ]
    misplaced = "x,子,village,4101\ny,丑,township,9999\nz,寅,village,410201\nw,卯,village,y\n"
    with pytest.raises(Invalid) as refused, db.transaction() as tx:
        import_tree(tx, read(head + misplaced), "seed")
    assert {place: fault.code for place, fault in refused.value.fields.items()} == {
        "line 2.parent_code": "parent_level",
        "line 3.parent_code": "parent_missing",
        "line 4.parent_code": "organisation_closed",
    }
    assert count(db) == 7


def test_a_file_with_bad_rows_changes_nothing(db: Database) -> None:
    with pytest.raises(Invalid), db.transaction() as tx:
        import_tree(tx, read("code,name,level,parent_code\n41,市,city,\n4101,,county,41\n"), "seed")
    assert count(db) == 0


def test_an_import_is_written_into_the_audit_trail(db: Database, luoyang: list[Node]) -> None:
    with db.transaction() as tx:
        import_tree(tx, luoyang[:16], "王敏")
        actor, action, detail = tx.rows("SELECT actor, action, detail FROM audit_entry")[0]
    assert (actor, action, detail["added"]) == ("王敏", "network.import", 16)


def test_one_finds_the_way_up_and_down_the_tree(db: Database, luoyang: list[Node]) -> None:
    with db.transaction() as tx:
        import_tree(tx, luoyang, "seed")
        village = next(node for node in luoyang if node.level == "village")
        above = ancestors(tx, village.code)
        assert [node.level for node in above] == ["city", "county", "township"]
        assert village.code in [node.code for node in children(tx, above[-1].code)]
        assert len(children(tx, "4103")) == 15
        assert find(tx, "4103").name == "洛阳市"


@pytest.mark.parametrize("code", ["9", "", "\x00", "\ud800"])
def test_an_unknown_code_is_not_found(db: Database, code: str) -> None:
    with pytest.raises(NotFound) as refused, db.transaction() as tx:
        find(tx, code)
    assert refused.value.code == "organisation_unknown"
