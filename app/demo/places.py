"""The places of a rehearsal in a network: the city that hosts it, two counties, the villages of its projects."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from app.demo.accounts import CITY, COUNTY, OTHER_COUNTY
from app.demo.projects import IN_REVIEW, first_place, places_of
from campaigns.network.tree_file import Node
from kernel.db import Tx
from matching.rules import Level

FEWEST_VILLAGES = IN_REVIEW + 3  # the liaison's, the other project's, those in review, and one sent back


class Places(NamedTuple):
    """Codes of nodes. `village` is the liaison's, in `county`; `other_village` is in `other_county`, which is the
    same county in a network that has only one."""

    city: str
    county: str
    other_county: str
    village: str
    other_village: str
    in_review: tuple[str, ...]


def demo_places(tx: Tx) -> Places:
    """Return the places in the demo's network."""
    in_review = places_of(tx, COUNTY, nth=4)[: IN_REVIEW + 1]
    other_village = places_of(tx, OTHER_COUNTY, nth=3)[0]
    return Places(CITY, COUNTY, OTHER_COUNTY, first_place(tx, COUNTY), other_village, in_review)


def places_in(nodes: Sequence[Node], branch: str | None) -> Places | None:
    """Choose places in a network, in a branch if it has villages; None if no city has enough villages."""
    villages = sorted(node.lineage for node in nodes if node.level == Level.VILLAGE)
    of_cities = Counter(lineage[0] for lineage in villages)
    villages = [lineage for lineage in villages if of_cities[lineage[0]] >= FEWEST_VILLAGES]
    if not villages:
        return None
    village = next((lineage for lineage in villages if branch in lineage), villages[0])
    city, county = village[:2]
    others = [lineage for lineage in villages if lineage[0] == city and lineage != village]
    other = next((lineage for lineage in others if lineage[1] != county), others[-1])
    rest = sorted((lineage for lineage in others if lineage != other), key=lambda lineage: lineage[1] != county)
    in_review = tuple(lineage[-1] for lineage in rest[: IN_REVIEW + 1])
    return Places(city, county, other[1], village[-1], other[-1], in_review)
