"""Each fault that the people of a federation met has its tests, by name."""

from tests.console.table import README, ROWS, text
from tests.partners.table import known_tests


def test_every_fault_has_tests_that_exist() -> None:
    assert list(ROWS) == [f"F{number}" for number in range(1, 33)]
    assert {test for row in ROWS.values() for test in row.tests} - known_tests() == set()
    assert README.read_text() == text()
