"""Money that is moved between projects, funds and nodes stands in monthly statements to the fen, and so does what
was spent; figures that were not right are corrected beside them."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from campaigns.closing.correct_project import Agreed, correct_project
from campaigns.funds import funds, transfers
from campaigns.lifecycle.project_course import advance
from campaigns.merge_node import merge_node
from campaigns.monthly import corrections, reading
from campaigns.monthly.check import faults
from campaigns.monthly.corrections import RightFigure
from campaigns.monthly.publish import publish_statements
from campaigns.network import tree
from campaigns.payouts.allot import allot, balances
from campaigns.payouts.purpose import NewPurpose, change_purpose
from campaigns.payouts.rules import set_rules
from campaigns.payouts.surplus import NewUse, use_surplus
from campaigns.projects.projects import find as find_project
from kernel.db import Tx
from kernel.errors import Invalid
from ledger.chart import AccountKind
from ledger.chart import fund as fund_account
from ledger.statements import balance
from tests.payouts.released import release
from tests.world import ACTOR, World

CAMPAIGN, SHARE = 1, AccountKind.SHARE_PROJECT


@pytest.fixture
def released(world: World) -> World:
    """Each village has gifts whose money is divided."""
    world.pot(100_00)
    for project in range(3):
        world.pay(world.give(200_00, project))
    release(world)
    allot(world.deps)
    return world


def next_month(world: World) -> str:
    """Let a month pass, publish its statements, and return it."""
    month = f"{world.clock.at + timedelta(hours=8):%Y-%m}"
    world.clock.at = (world.clock.at.replace(day=1) + timedelta(days=33)).replace(day=2)
    assert publish_statements(world.deps) > 0
    world.clock.advance(minutes=1)
    return month


def statement(world: World, node: str, month: str) -> dict[str, Any]:
    document: dict[str, Any] = world.do(reading.published, node, month).statement
    return document


def change(world: World, source: int, target: int, amount_minor: int) -> None:
    new = NewPurpose(world.slug, world.projects[target], SHARE.value, amount_minor, "备2026-7")
    world.do(change_purpose, world.projects[source], new, "不再需要", ACTOR)


def test_a_changed_purpose_leaves_one_county_and_comes_to_another(released: World) -> None:
    change(released, 0, 2, 60_00)
    month = next_month(released)
    city, left, came = (statement(released, node, month) for node in ("41", "4101", "4102"))
    assert (city["moved_minor"], left["moved_minor"], came["moved_minor"]) == (0, -60_00, 60_00)
    assert (city["received_minor"], left["received_minor"]) == (600_00, 400_00)
    (move,) = city["moves"]
    assert (move["way"], move["in_minor"], move["out_minor"]) == ("purpose_changed", 60_00, 60_00)
    assert [(move["in_minor"], move["out_minor"]) for move in left["moves"]] == [(0, 60_00)]
    released.check()


def test_moves_before_statements_listed_them_are_in_the_first_statement_that_does(released: World) -> None:
    change(released, 0, 2, 60_00)
    first = next_month(released)

    def as_of_before(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run("UPDATE statement_run SET moves_after = NULL")

    released.do(as_of_before)
    second = statement(released, "4101", next_month(released))
    third = statement(released, "4101", next_month(released))
    assert second["opening_minor"] == statement(released, "4101", first)["closing_minor"] + 60_00
    assert (second["moved_minor"], third["moved_minor"]) == (-60_00, 0)
    assert second["closing_minor"] == third["opening_minor"] == third["closing_minor"]


def test_a_surplus_into_a_fund_leaves_the_projects_and_comes_to_the_fund(released: World) -> None:
    released.do(set_rules, "41", {"surplus_to": "fund"}, ACTOR)
    for _ in range(2):
        released.do(advance, released.projects[0], "done", ACTOR)
    use = NewUse(released.slug, 40_00, "fund", released.fund)
    released.do(use_surplus, released.projects[0], use, "left over", ACTOR)
    city = statement(released, "41", next_month(released))
    assert city["moved_minor"] == -40_00
    (fund,) = city["funds"]
    assert (fund["moved_minor"], fund["closing_minor"]) == (
        40_00,
        released.do(balance, fund_account(released.fund)),
    )
    assert {move["money"] for move in city["moves"]} == {"project", "fund"}
    next_month(released)
    released.check()


def test_a_corrected_project_is_no_refund(world: World) -> None:
    donation = world.pay(world.give(100_00))
    agreed = Agreed(world.projects[2], "phone", world.clock.at.date())
    world.do(correct_project, donation.id, agreed, "wrong village", ACTOR)
    month = next_month(world)
    left, came = statement(world, "4101", month), statement(world, "4102", month)
    assert (left["received_minor"], left["moved_minor"], left["closing_minor"]) == (100_00, -100_00, 0)
    assert (came["received_minor"], came["moved_minor"], came["refunded_minor"]) == (0, 100_00, 0)
    world.check()


def test_a_merged_node_ends_with_nothing_and_the_other_goes_on(released: World) -> None:
    own = released.do(funds.create, "镇基金", "rural", ACTOR, "410101")
    released.do(transfers.move, released.fund, own, 70_00, "start", ACTOR)
    first = next_month(released)
    before = statement(released, "410101", first)
    released.do(tree.add, "4101", "410102", "邻镇", ACTOR)
    released.do(merge_node, "410101", "410102", "撤镇", ACTOR)
    month = next_month(released)
    ended, went_on = statement(released, "410101", month), statement(released, "410102", month)
    assert ended["opening_minor"] == before["closing_minor"] == -ended["moved_minor"] == went_on["moved_minor"]
    assert (ended["closing_minor"], went_on["opening_minor"]) == (0, 0)
    assert [fund["closing_minor"] for fund in ended["funds"] + went_on["funds"]] == [0, 70_00]
    county = statement(released, "4101", month)
    assert (county["moved_minor"], county["opening_minor"]) == (0, county["closing_minor"])
    released.check()


def test_spending_counts_in_the_month_in_which_it_is_checked(released: World) -> None:
    def spend(state: str, minor: int) -> None:
        released.do(
            lambda tx: tx.run(
                """INSERT INTO spending (project_id, amount_minor, spent_on, document_no, purpose, state,
                                         entered_by, entered_at, file_key, content_hash)
                   VALUES (:project, :minor, '2026-09-09', 'F-1', 'rice', :state, 'l', now(), 'photo', 'hash')""",
                project=released.projects[0],
                minor=minor,
                state=state,
            )
        )

    spend("checked", 30_00)
    spend("entered", 7_00)
    first = next_month(released)
    assert statement(released, "4101", first)["spent_minor"] == 30_00
    released.do(lambda tx: tx.run("UPDATE spending SET state = 'checked'"))
    released.do(lambda tx: tx.run("UPDATE spending SET state = 'sent_back' WHERE amount_minor = 3000"))
    second = statement(released, "41", next_month(released))
    assert (second["spent_minor"], second["opening_minor"]) == (-23_00, second["closing_minor"])
    released.check()


def test_a_corrected_statement_shows_the_previous_figures(released: World) -> None:
    month = next_month(released)
    before = released.do(reading.published, "41", month)
    right = [RightFigure("4101", "received_minor", 390_00)]
    released.do(corrections.correct, "41", month, "多记了 10 元", ACTOR, right)
    right = [RightFigure("专项基金", "out_minor", 90_00)]
    released.do(corrections.correct, "41", month, "池子少了", ACTOR, right)
    after = released.do(reading.published, "41", month)
    assert (after.statement, after.hash) == (before.statement, before.hash)
    first, second = (notice.statement for notice in after.corrections)
    changed = corrections.differences(before.statement, first)
    assert {(each.figure, each.after_minor - each.before_minor) for each in changed} == {
        ("received_minor", -10_00),
        ("closing_minor", -10_00),
    }
    assert [each.name for each in corrections.differences(first, second)] == ["专项基金", "专项基金"]
    released.check()


@pytest.mark.parametrize(
    ("line", "figure", "amount_minor", "field", "code"),
    [
        ("4101", "opening_minor", 1, "figures.0.figure", "not_one_of"),
        ("4199", "received_minor", 1, "figures.0.line", "not_in_statement"),
        ("4101", "in_minor", 1, "figures.0.line", "not_in_statement"),
        ("4101", "paid_minor", 10**14, "figures.0.amount_minor", "amount_too_large"),
        ("4101", "received_minor", 400_00, "figures", "nothing_changed"),
    ],
)
def test_a_figure_that_cannot_be_corrected_is_refused(
    released: World, line: str, figure: str, amount_minor: int, field: str, code: str
) -> None:
    month = next_month(released)
    with pytest.raises(Invalid) as refused:
        released.do(corrections.correct, "41", month, "x", ACTOR, [RightFigure(line, figure, amount_minor)])
    assert refused.value.fields[field].code == code
    assert released.do(reading.published, "41", month).corrections == []


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("purpose"), st.integers(0, 2), st.integers(0, 2), st.integers(1, 300_00)),
        st.tuples(st.just("fund"), st.integers(0, 2), st.integers(0, 2), st.integers(1, 300_00)),
        st.tuples(st.just("merge"), st.integers(0, 2), st.integers(1, 3), st.just(0)),
        st.tuples(st.just("month"), st.just(0), st.just(0), st.just(0)),
    ),
    min_size=3,
    max_size=12,
)


@settings(max_examples=4, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_moves_each_month_opens_with_what_the_last_closed_with(released: World, steps: Any) -> None:
    """Purposes, transfers between funds and merges in any order: each line, node and fund adds up to the fen, opens
    with what it closed with, and closes with what the books have."""
    own = [
        released.do(funds.create, f"基金 {len(released.do(funds.list_funds))} {code}", "rural", ACTOR, code)
        for code in released.do(find_project, released.projects[0]).lineage[1:3]
    ]
    for kind, first, second, minor in steps:
        if kind == "purpose":
            held = released.do(balances, CAMPAIGN).get((released.projects[first], SHARE), 0)
            if first != second and minor <= held:
                change(released, first, second, minor)
        elif kind == "fund" and first != second:
            ids = [released.fund, *own]
            if minor <= released.do(balance, fund_account(ids[first])):
                released.do(transfers.move, ids[first], ids[second], minor, "x", ACTOR)
        elif kind == "merge":
            merge(released, released.projects[first], second)
        elif kind == "month":
            sound(released, next_month(released))
    sound(released, next_month(released))
    released.check()


def merge(world: World, project_id: int, place: int) -> None:
    """Merge the township or village of a project into a new one beside it; counties stay."""
    lineage = world.do(find_project, project_id).lineage
    place = max(place, 2)
    code = lineage[place]
    into = f"{lineage[place - 1]}{world.do(lambda tx: tx.scalar('SELECT count(*) FROM organisation')) + 10}"
    world.do(tree.add, lineage[place - 1], into, f"新{into}", ACTOR)
    world.do(merge_node, code, into, "合并", ACTOR)


def sound(world: World, month: str) -> None:
    with world.db.snapshot() as tx:
        assert faults(tx) == []
    before = f"{int(month[:4]) - (month[5:] == '01')}-{(int(month[5:]) - 2) % 12 + 1:02d}"
    closed, opened = (lines_of(world, each, figure) for each, figure in ((before, "closing"), (month, "opening")))
    if closed:
        nothing: dict[Any, int] = {}
        assert {key: minor for key, minor in opened.items() if minor} == (closed or nothing)
    standing = {key: minor for key, minor in lines_of(world, month, "closing").items() if key[0] == "funds"}
    books = world.do(lambda tx: tx.scalar("SELECT sum(balance_minor) FROM fund_balance"))
    assert sum(standing.values()) == books


def lines_of(world: World, month: str, figure: str) -> dict[Any, int]:
    """(lines or funds, node, name) -> what stands there, if it is not nothing."""
    rows = world.do(
        lambda tx: tx.rows(
            """SELECT kind, s.organisation_code AS node, coalesce(l.line ->> 'code', l.line ->> 'name') AS name,
                      CAST(l.line ->> :figure AS bigint) AS minor
                 FROM monthly_statement s CROSS JOIN (VALUES ('lines'), ('funds')) AS k(kind)
                CROSS JOIN LATERAL jsonb_array_elements(s.statement -> kind) AS l(line) WHERE s.month = :month""",
            figure=f"{figure}_minor",
            month=month,
        )
    )
    return {(row.kind, row.node, row.name): row.minor for row in rows if row.minor}
