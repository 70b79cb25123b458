"""What a donor tells is kept sealed, and comes back whole only with the installation's own key."""

import pytest

from campaigns.donations.donors.contact import Donor, read_contact
from kernel.keys import Keys
from tests.world import World

LI = Donor(name='李"小\\明', email="li@example.org", phone="13800000000")


def test_a_contact_is_stored_sealed_and_read_back(world: World) -> None:
    donation = world.give(100_00, donor=LI)
    assert world.do(read_contact, world.deps.keys, donation.id) == LI.contact()
    stored = world.do(lambda tx: tx.scalar("SELECT sealed FROM donation_contact"))
    assert b"example" not in bytes(stored)


def test_a_contact_is_unreadable_with_another_key_and_after_erasure(world: World) -> None:
    donation = world.give(100_00, donor=LI)
    with pytest.raises(ValueError, match="another key"):
        world.do(read_contact, Keys("test-secret", "another-field-key"), donation.id)
    world.do(lambda tx: tx.run("DELETE FROM person_key"))
    assert world.do(read_contact, world.deps.keys, donation.id) == {}


def test_a_donor_without_a_contact_has_none_stored(world: World) -> None:
    world.give(100_00)
    assert world.do(lambda tx: tx.scalar("SELECT count(*) FROM donation_contact")) == 0
