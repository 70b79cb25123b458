"""Pages of lists."""

from hypothesis import given
from hypothesis import strategies as st

from kernel.paging import FIRST_PAGE, Page


@given(st.integers(0, 500), st.integers(1, 60))
def test_the_pages_of_a_list_are_the_list(total: int, size: int) -> None:
    rows = list(range(total))
    pages = Page(1, size).count(total)
    assert [row for number in range(1, pages + 1) for row in Page(number, size).slice(rows)] == rows
    assert Page(pages + 1, size).slice(rows) == []
    assert pages == 1 or Page(pages, size).slice(rows) != []


def test_an_empty_list_has_one_page() -> None:
    assert FIRST_PAGE.count(0) == 1
    assert (FIRST_PAGE.offset, Page(3, 20).offset) == (0, 40)
