"""The list of projects: figures from the books, found by what people type."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from bench import cpu
from campaigns.disclosure.catalogue import ProjectQuery, listed
from kernel.db import Database, Tx
from kernel.errors import Invalid
from kernel.paging import Page
from ledger.chart import Account, bank, donations, pot_captured, pot_released
from ledger.kinds import TransferKind
from ledger.post import Transfer, post
from tests.projects.conftest import OTHER_VILLAGE, approved, campaign, tree

__all__ = ["campaign", "tree"]

Campaign = Callable[..., int]


def book(tx: Tx, *credits_: tuple[Account, int]) -> None:
    post(tx, [Transfer(f"t:{a}", bank(), a, amount, TransferKind.DEPOSIT) for a, amount in credits_])


def pot(tx: Tx, campaign_id: int) -> int:
    return int(
        tx.scalar(
            """INSERT INTO pot (campaign_id, fund_id, name, rank, kind, mode, currency, created_at)
               VALUES (:campaign, 1, 'pot', 1, 'ratio', 'reserve', 'CNY', :now) RETURNING id""",
            campaign=campaign_id,
            now=tx.now,
        )
    )


@pytest.fixture
def two(tree: Database) -> tuple[int, int]:
    """Two projects in two counties, the second with the greater target."""
    with tree.transaction() as tx:
        first = approved(tx, code="ONE", name="A 食堂 100%")
        second = approved(tx, code="TWO_2", name="B 书屋", organisation_code=OTHER_VILLAGE, target_minor=9_000_000)
    return first, second


def codes(db: Database, **wanted: Any) -> list[str]:
    with db.transaction() as tx:
        return [row.code for row in listed(tx, ProjectQuery(**wanted))[0]]


def test_figures_are_those_of_the_campaign_asked_for(
    tree: Database, campaign: Campaign, two: tuple[int, int]
) -> None:
    first, second = two
    spring, autumn = campaign("spring", first, second), campaign("autumn", second)
    with tree.transaction() as tx:
        first_pot, other = pot(tx, spring), pot(tx, autumn)
        book(
            tx,
            (donations(spring, first), 100),
            (donations(spring, second), 2_000),
            (donations(autumn, second), 30_000),
            (pot_captured(first_pot, first), 70),
            (pot_released(first_pot, first), 5),
            (pot_captured(other, second), 600),
        )
    with tree.transaction() as tx:
        rows, total = listed(tx, ProjectQuery(spring))
        assert total == 2
        assert [(row.id, row.raised_minor, row.matched_minor) for row in rows] == [
            (second, 2_000, 0),
            (first, 100, 75),
        ]
        rows, total = listed(tx, ProjectQuery(autumn))
        assert [(row.id, row.raised_minor, row.matched_minor) for row in rows] == [(second, 30_000, 600)]
        assert [row.raised_minor for row in listed(tx)[0]] == [32_000, 100]


def test_a_row_names_the_place(tree: Database, two: tuple[int, int]) -> None:
    with tree.transaction() as tx:
        row = listed(tx, ProjectQuery(q="ONE"))[0][0]
    assert (row.organisation_name, row.county_name, row.township_name) == ("周公路社区", "老城区", "西关街道")
    assert (row.status, row.tier, row.raised_minor) == ("approved", "micro", 0)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("name", ["ONE", "TWO_2"]), ("target", ["TWO_2", "ONE"]), ("newest", ["TWO_2", "ONE"])],
)
def test_projects_are_sorted_as_asked(tree: Database, two: tuple[int, int], sort: str, expected: list[str]) -> None:
    assert codes(tree, sort=sort) == expected


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("食堂", ["ONE"]),
        ("two", ["TWO_2"]),
        ("百货楼", ["TWO_2"]),
        ("100%", ["ONE"]),
        ("%", ["ONE"]),
        ("_", ["TWO_2"]),
        ("\\", []),
        ("无", []),
        ("  ", ["ONE", "TWO_2"]),
    ],
)
def test_words_are_found_as_they_were_typed(
    tree: Database, two: tuple[int, int], q: str, expected: list[str]
) -> None:
    assert sorted(codes(tree, q=q)) == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"under": "410302"}, ["ONE"]),
        ({"under": "4103"}, ["ONE", "TWO_2"]),
        ({"under": "9"}, []),
        ({"level": "county"}, []),
        ({"level": "village"}, ["ONE", "TWO_2"]),
        ({"campaign_id": 404}, []),
    ],
)
def test_the_list_is_narrowed_by_branch_level_and_campaign(
    tree: Database, two: tuple[int, int], wanted: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(codes(tree, **wanted)) == expected


def test_pages_follow_each_other_and_a_page_past_the_end_is_empty(tree: Database, two: tuple[int, int]) -> None:
    with tree.transaction() as tx:
        pages = [listed(tx, ProjectQuery(sort="name"), Page(page, 1)) for page in (1, 2, 3)]
    assert [([row.code for row in rows], total) for rows, total in pages] == [
        (["ONE"], 2),
        (["TWO_2"], 2),
        ([], 2),
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sort", "name; DROP TABLE project"),
        ("level", "moon"),
        ("q", "\x00"),
        ("under", "\ud800"),
        ("page", Page(0)),
        ("page", Page(2**70)),
        ("page_size", Page(1, 0)),
    ],
)
def test_a_senseless_list_is_refused(tree: Database, field: str, value: object) -> None:
    with pytest.raises(Invalid) as refused, tree.transaction() as tx:
        if isinstance(value, Page):
            listed(tx, page=value)
        else:
            listed(tx, ProjectQuery(**{field: value}))  # type: ignore[arg-type]
    assert (refused.value.code, list(refused.value.fields)) == ("list_invalid", [field])


def test_three_thousand_projects_are_listed_quickly(tree: Database, campaign: Campaign) -> None:
    with tree.transaction() as tx:
        seed = approved(tx)
        tx.run(
            """INSERT INTO project (code, organisation_code, name, tier, level, summary, target_minor, currency,
                                    status, rating, county_code, township_code, lineage, created_at)
               SELECT 'X' || n, organisation_code, name || n, tier, level, summary, target_minor, currency,
                      status, rating, county_code, township_code, lineage, created_at
                 FROM project, generate_series(1, 2999) AS n WHERE id = :seed""",
            seed=seed,
        )
        ids = [row[0] for row in tx.rows("SELECT id FROM project ORDER BY id")]
    spring = campaign("spring", *ids)
    with tree.transaction() as tx:
        pots = [pot(tx, spring) for _ in range(3)]
        book(
            tx,
            *((donations(spring, id_), id_) for id_ in ids),
            *((pot_captured(pot_view, id_), 1) for pot_view in pots for id_ in ids),
        )
    with tree.transaction() as tx:
        tx.run("ANALYZE")
        server = tx.scalar("SELECT pg_backend_pid()")
        before = cpu.seconds(os.getpid(), server)  # the clock would count who else uses the machine
        rows, total = listed(tx, ProjectQuery(spring, q="幸福"), Page(1, 50))
        took_s = cpu.seconds(os.getpid(), server) - before
    assert (total, rows[0].id, rows[0].matched_minor) == (3_000, max(ids), 3)
    assert took_s < 1  # about 20 ms alone
