"""The real tree of Luoyang, read once."""

from pathlib import Path

import pytest

from campaigns.network.tree_file import Node, read

DATA = Path("campaigns/network/data/luoyang-network.csv")


@pytest.fixture(scope="session")
def luoyang() -> list[Node]:
    return read(DATA.read_text(encoding="utf-8"))
