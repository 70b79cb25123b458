"""Each row of what a platform's engineer met has its tests, by name."""

from tests.partners.table import README, ROWS, known_tests, text


def test_every_row_has_tests_that_exist() -> None:
    assert list(ROWS) == [f"P{number}" for number in range(1, 12)]
    assert {id_ for id_, row in ROWS.items() if not row.tests} == set()
    assert {test for row in ROWS.values() for test in row.tests} - known_tests() == set()
    assert README.read_text() == text()
