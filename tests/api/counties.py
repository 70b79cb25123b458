"""Two counties of the test network, one of them a neighbour, for tests of rights."""

from typing import NamedTuple

OURS = "4101"
SLUG, MARK = "ours", "只属栾川"


class County(NamedTuple):
    """A county of the network, the slug of its campaign, a mark in all its texts, its village's place in the tree
    and in `world.projects`, and the name of its team if the mark cannot be one."""

    code: str
    slug: str
    mark: str
    lineage: tuple[str, ...]
    project: int
    team: str = ""


COUNTY = County(OURS, SLUG, MARK, ("41", OURS, "410101", "41010101"), 0)
SIBLING = County("4102", "theirs", "只属嵩县", ("41", "4102", "410201", "41020101"), 2)
