"""Each row of what a platform's engineer met has its tests, by name."""

from tests.fault_table import unknown_tests
from tests.partners.table import README, ROWS, text


def test_every_row_has_tests_that_exist() -> None:
    assert list(ROWS) == [f"P{number}" for number in range(1, 12)]
    assert {id_ for id_, row in ROWS.items() if not row.tests} == set()
    assert unknown_tests(ROWS) == set()
    assert README.read_text() == text()
