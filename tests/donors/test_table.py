"""Each fault that donors met has its tests, by name."""

from tests.donors.table import README, ROWS, text
from tests.fault_table import unknown_tests

NUMBERS = {"M": range(1, 8), "W": (*range(1, 9), *range(10, 19)), "B": range(1, 7), "U": range(1, 16)}


def test_every_fault_has_tests_that_exist() -> None:
    assert list(ROWS) == [f"{kind}{number}" for kind, numbers in NUMBERS.items() for number in numbers]
    assert unknown_tests(ROWS) == set()
    assert README.read_text() == text()
