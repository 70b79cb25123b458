"""What the tests themselves rely on: the databases that they are handed."""

import pytest

from tests.databases import Databases


def test_a_database_comes_back_when_its_block_raises(databases: Databases) -> None:
    with pytest.raises(ZeroDivisionError), databases.one() as url:
        raise ZeroDivisionError
    assert url in databases.free
