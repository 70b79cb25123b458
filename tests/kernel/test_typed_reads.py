"""Typed reads: rows of a statement become instances of a row type, matched by column name."""

from dataclasses import dataclass
from typing import NamedTuple

import pytest
from sqlmodel import col, select

from kernel.db import Database, Tx
from matching.models import Pot
from tests.conftest import NOON

_PAIR = "SELECT 1 AS pot_id, 'rice' AS name"


class _Pair(NamedTuple):
    pot_id: int
    name: str

    @property
    def label(self) -> str:
        return f"{self.pot_id} {self.name}"


class _Single(NamedTuple):
    amount_minor: int


@dataclass(frozen=True)
class _Record:
    name: str
    pot_id: int = 0


def _pot(name: str, rank: int) -> Pot:
    return Pot(
        campaign_id=1,
        fund_id=1,
        name=name,
        rank=rank,
        kind="ratio",
        mode="reserve",
        currency="CNY",
        created_at=NOON,
    )


def test_rows_become_named_tuples(db: Database) -> None:
    with db.transaction() as tx:
        (pair,) = tx.rows_as(_Pair, _PAIR)
    assert type(pair) is _Pair
    assert (pair.pot_id, pair.name, pair.label) == (1, "rice", "1 rice")


def test_values_are_bound_and_no_row_is_an_empty_list(db: Database) -> None:
    with db.transaction() as tx:
        sql = "SELECT amount_minor FROM unnest(CAST(:amounts AS bigint[])) AS u(amount_minor)"
        assert tx.rows_as(_Single, sql, amounts=[5, 7]) == [_Single(5), _Single(7)]
        assert tx.rows_as(_Single, sql, amounts=[]) == []


@pytest.mark.parametrize("row_type", [_Pair, _Record])
def test_columns_are_matched_by_name_not_by_position(db: Database, row_type: type) -> None:
    with db.transaction() as tx:
        for sql in (_PAIR, "SELECT CAST('rice' AS text) AS name, 1 AS pot_id"):
            (row,) = tx.rows_as(row_type, sql)
            assert (row.pot_id, row.name) == (1, "rice")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS pot_id",
        "SELECT 1 AS pot_id, 'rice' AS title",
        "SELECT 1 AS pot_id, 'rice' AS name, 2 AS more",
        "SELECT 1 AS pot_id, 'rice' AS name, 'bean' AS name",
    ],
)
@pytest.mark.parametrize("row_type", [_Pair, _Record])
def test_other_columns_than_fields_are_refused(db: Database, row_type: type, sql: str) -> None:
    with db.transaction() as tx, pytest.raises(AssertionError, match=f"{row_type.__name__} has the fields"):
        tx.rows_as(row_type, sql)


def test_column_names_are_checked_even_without_rows(db: Database) -> None:
    with db.transaction() as tx, pytest.raises(AssertionError, match="the columns other"):
        tx.rows_as(_Single, "SELECT 1 AS other WHERE false")


def test_models_are_added_together_and_selected(db: Database) -> None:
    with db.transaction() as tx:
        added = tx.add_all(_pot(name, rank) for name, rank in (("rice", 3), ("bean", 5)))
        assert [pot.id for pot in added] == [1, 2]
        assert tx.add_all([]) == []
    with db.transaction() as tx:
        by_name = select(Pot).order_by(Pot.name)
        assert [pot.name for pot in tx.all(by_name)] == ["bean", "rice"]
        assert tx.all(select(Pot.rank).where(Pot.name == "rice")) == [3]
        assert tx.all(select(Pot.name, Pot.rank).order_by(Pot.name)) == [("bean", 5), ("rice", 3)]


def test_first_is_the_first_in_order_or_none(db: Database) -> None:
    with db.transaction() as tx:
        tx.add_all([_pot("rice", 3), _pot("bean", 5)])
        last = tx.first(select(Pot).order_by(col(Pot.rank).desc()))
        assert last is not None and last.name == "bean"
        assert tx.first(select(Pot).where(Pot.rank > 9)) is None


def test_writes_to_a_model_are_visible_to_every_read(db: Database) -> None:
    with db.transaction() as tx:
        (pot,) = tx.add_all([_pot("rice", 3)])
        pot.rank = 4
        assert tx.scalar("SELECT rank FROM pot") == 4
        pot.rank = 6
        assert tx.all(select(Pot.rank)) == [6]


def test_pages_are_of_one_moment_whatever_is_written_between_them(db: Database) -> None:
    with db.transaction() as tx:
        tx.run("CREATE TEMP TABLE paged (number int, label text)")
        tx.run("INSERT INTO paged SELECT n, 'n' || n FROM generate_series(1, 5) AS n")
        pages = []
        sql = "SELECT number, label FROM paged WHERE number < :most ORDER BY number"
        for page in tx.pages(_Numbered, 2, sql, most=9):
            with tx.by_key():
                assert tx.scalar("SHOW enable_seqscan") == "off"
                tx.run("INSERT INTO paged VALUES (6, 'later')")
            pages.append(page)
        assert tx.scalar("SHOW enable_seqscan") == "on"
        assert [[row.number for row in page] for page in pages] == [[1, 2], [3, 4], [5]]
        assert pages[0][0] == _Numbered("n1", 1)


def test_a_count_of_a_table_leaves_the_planner_as_it_was(db: Database) -> None:
    def planner(tx: Tx) -> list[str]:
        return [tx.scalar(f"SHOW enable_{how}") for how in ("indexscan", "bitmapscan", "sort")]

    for by_key in (False, True):
        with db.transaction(by_key=by_key) as tx:
            before = planner(tx)
            with tx.by_table():
                assert planner(tx) == ["off", "off", "off"]
            assert planner(tx) == before


def test_a_transaction_continues_after_pages_are_abandoned(db: Database) -> None:
    with db.transaction() as tx:
        for page in tx.pages(_Numbered, 1, "SELECT n AS number, '' AS label FROM generate_series(1, 9) AS n"):
            assert page == [_Numbered("", 1)]
            break
        assert tx.scalar("SELECT 1") == 1


class _Numbered(NamedTuple):
    label: str
    number: int
