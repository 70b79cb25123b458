"""Places by figures: the best first, equal ones by the tie rule, nobody with nothing."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.awards.models import AwardCriterion, AwardTie
from campaigns.awards.ranking import Figures, winners

NINE = datetime(2026, 9, 9, 9, tzinfo=UTC)


def figures(code: str, raised_minor: int, minutes: int = 0, **other: object) -> Figures:
    row = Figures(code, code, "", 1, 1, raised_minor, 0, 0, NINE + timedelta(minutes=minutes), None)
    return row._replace(**other)  # type: ignore[arg-type]


def places(
    rows: list[Figures], criterion: str = "raised", most: int = 2, tie: str = "earlier"
) -> list[tuple[int, str]]:
    return [(winner.place, winner.figures.code) for winner in winners(rows, criterion, most, tie)]


def test_equal_sums_go_to_whose_last_gift_came_earlier() -> None:
    rows = [figures("a", 500, 9), figures("b", 500, 3), figures("c", 900, 20)]
    assert places(rows) == [(1, "c"), (2, "b")]


def test_equal_sums_share_a_place_by_the_other_rule() -> None:
    rows = [figures("a", 500, 9), figures("b", 500, 3), figures("c", 400)]
    assert places(rows, tie="shared") == [(1, "a"), (1, "b")]
    assert places(rows, most=3, tie="shared") == [(1, "a"), (1, "b"), (3, "c")]


def test_fastest_ranks_only_entries_that_reached_the_mark() -> None:
    rows = [figures("a", 900), figures("b", 100, reached_at=NINE), figures("c", 100, reached_at=NINE)]
    assert places(rows, "fastest") == [(1, "b"), (1, "c")]


ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=8)


@given(
    ROWS,
    st.sampled_from([c for c in AwardCriterion if c != "fastest"]),
    st.integers(1, 4),
    st.sampled_from(AwardTie),
)
def test_a_place_counts_those_who_are_better(
    rows: list[tuple[int, int]], criterion: str, most: int, tie: str
) -> None:
    def value(row: Figures) -> int:
        return (
            row.total_minor
            if criterion == "total"
            else getattr(row, {"raised": "raised_minor"}.get(criterion, criterion))
        )

    everybody = [
        figures(str(index), worth, minutes, donors=worth, donations=worth)
        for index, (worth, minutes) in enumerate(rows)
    ]
    for winner in winners(everybody, criterion, most, tie):
        own = winner.figures
        better = [
            row
            for row in everybody
            if value(row) > value(own)
            or (tie == "earlier" and value(row) == value(own) and row.last_at < own.last_at)
        ]
        assert value(own) > 0 and winner.place == len(better) + 1 <= most
