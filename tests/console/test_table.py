"""Each fault that the people of a federation met has its tests, by name."""

from tests.console.table import README, ROWS, text
from tests.fault_table import unknown_tests


def test_every_fault_has_tests_that_exist() -> None:
    assert list(ROWS) == [f"F{number}" for number in range(1, 33)]
    assert unknown_tests(ROWS) == set()
    assert README.read_text() == text()
