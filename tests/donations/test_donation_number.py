"""A donation is named by the start of its id, as long as no other begins alike."""

from uuid import UUID

import pytest

from campaigns.donations.donation_number import id_range, number_of, numbered_donation
from kernel.errors import Invalid, NotFound
from tests.world import World

FIRST = UUID("3f2a91bc-04d2-4000-8000-000000000001")
SECOND = UUID("3f2a91bc-07ff-4000-8000-000000000002")


@pytest.mark.parametrize(
    "typed",
    ["3F2A-91BC-04D2", "3f2a91bc04", str(FIRST), FIRST.hex.upper(), "3f2a 91bc 04d2", "３Ｆ２Ａ－９１ＢＣ—04d2 "],
)
def test_a_number_names_its_donation(world: World, typed: str) -> None:
    world.give(id=FIRST)
    world.give(id=SECOND)
    assert world.do(numbered_donation, typed) == FIRST
    assert number_of(FIRST) == "3F2A-91BC-04D2"


@pytest.mark.parametrize("typed", ["3F2A-91BC", "0000-0000-0000"])
def test_a_number_of_several_or_of_none_names_no_donation(world: World, typed: str) -> None:
    world.give(id=FIRST)
    world.give(id=SECOND)
    with pytest.raises(NotFound, match="donation_unknown"):
        world.do(numbered_donation, typed)


@pytest.mark.parametrize("typed", ["", "3F2A-91", "not a number", "3F2A-91BC-04D2-4000-8000-000000000001-22"])
def test_other_texts_are_no_numbers(typed: str) -> None:
    with pytest.raises(Invalid, match="search_invalid"):
        id_range(typed)
