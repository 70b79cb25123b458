"""Donors who have several keys from the time when numbers were read as typed become one, as far as caps allow."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from campaigns.donations.donors.contact import Donor
from campaigns.donations.donors.rekey import Rekeyed, rekey_donors
from campaigns.donations.facts.replay import replay
from campaigns.intake.offline_import import import_donations
from campaigns.screening import staff, watch
from campaigns.screening.rekey import follow_new_keys
from kernel.db import Tx
from tests.world import ACTOR, SLUG, World

PLAIN, LONG, SHORT = "13800000000", "008613800000000", "8613800000000"
TABLES = ("donation", "person_key", "reservation")


def old_key(world: World, phone: str) -> str:
    """The key that a number had when its digits were hashed as they were typed."""
    return "p:" + world.deps.keys.lookup("phone", phone)


def put_back(world: World, donations: Sequence[UUID], phone: str) -> None:
    """Give these donations the key of the time before, in every table that has it."""

    def change(tx: Tx) -> None:
        key, ids = old_key(world, phone), list(donations)
        for table, column in (
            ("donation", "id"),
            ("person_key", "donation_id"),
            ("reservation", "donation_id"),
        ):
            tx.run(f"UPDATE {table} SET donor_key = :key WHERE {column} = ANY(:ids)", key=key, ids=ids)
        tx.run("TRUNCATE campaign_donor")
        tx.run(
            """INSERT INTO campaign_donor SELECT campaign_id, donor_key, count(*) FROM donation
                WHERE status IN ('paid', 'settled', 'disputed') GROUP BY 1, 2"""
        )
        tx.run("UPDATE campaign_tally SET donors = (SELECT count(*) FROM campaign_donor)")

    world.do(change)


def gave(world: World, phone: str, *amounts: int) -> list[UUID]:
    """Paid donations of one number, all under the key that it had before. In order of the amounts."""
    ids = [world.pay(world.give(amount, donor=Donor(name="李", phone=phone))).id for amount in amounts]
    put_back(world, ids, phone)
    return ids


def keys_in(world: World, table: str) -> set[str]:
    return {row.donor_key for row in world.do(lambda tx: tx.rows(f"SELECT donor_key FROM {table}"))}


def rekey(world: World) -> Rekeyed:
    return rekey_donors(world.deps, ACTOR, follow_new_keys)


def books(world: World) -> list[tuple[int, ...]]:
    return [tuple(row) for row in world.do(lambda tx: tx.rows("SELECT id, amount_minor FROM ledger_transfer"))]


def test_old_keys_of_one_donor_become_one_and_nothing_else_changes(world: World) -> None:
    pot = world.pot(1_000_00, donor=100_00)
    gave(world, LONG, 20_00)
    gave(world, SHORT, 10_00, 10_00)
    gave(world, PLAIN, 30_00)
    world.pay(world.give(5_00, email="a@example.org"))
    before, amounts = books(world), world.totals()
    assert amounts.donors == 4
    world.check()
    assert rekey(world) == Rekeyed(changed=2, kept=0)
    for table in TABLES:
        assert len(keys_in(world, table)) == 2
    assert books(world) == before
    assert world.totals() == amounts._replace(donors=2)
    assert world.give(100_00, donor=Donor(phone=LONG)).reserved_minor == 30_00, "the used caps are one"
    assert world.pots()[pot].reserved_minor == 30_00
    world.check()
    assert replay(world.deps, SLUG).differing == 0


def test_a_second_run_changes_nothing(world: World) -> None:
    world.pot(1_000_00)
    gave(world, LONG, 20_00)
    assert rekey(world) == Rekeyed(changed=1, kept=0)
    assert rekey(world) == Rekeyed(changed=0, kept=0)


@pytest.mark.parametrize("cap", ["donor", "donor_day"])
def test_keys_that_together_got_more_than_a_cap_are_kept_apart(world: World, cap: str) -> None:
    """What was decided stands, and is as right as it was: the caps hold and a replay has the same result."""
    pot_name = {cap: 50_00}
    world.pot(1_000_00, **pot_name)
    large = gave_apart(world, LONG, 40_00)
    small = gave_apart(world, SHORT, 30_00)
    world.check()
    assert rekey(world) == Rekeyed(changed=1, kept=1)
    keys = {row.id: row.donor_key for row in world.do(lambda tx: tx.rows("SELECT id, donor_key FROM donation"))}
    assert (keys[large], keys[small]) == (old_key(world, PLAIN), old_key(world, SHORT)), "the larger is the donor's"
    assert world.give(100_00, donor=Donor(phone=PLAIN)).reserved_minor == 10_00
    world.check()
    assert replay(world.deps, SLUG).differing == 0
    assert rekey(world) == Rekeyed(changed=0, kept=1)


def gave_apart(world: World, phone: str, amount: int) -> UUID:
    """One paid donation, matched before its donor was recognised: its key is changed at once."""
    return gave(world, phone, amount)[0]


def test_an_erased_donor_keeps_the_key_unless_another_gift_shows_the_new_one(world: World) -> None:
    erased_with, known = gave(world, LONG, 10_00, 10_00)
    (erased,) = gave(world, SHORT, 10_00)
    forget = "DELETE FROM person_key WHERE donation_id = ANY(:ids)"
    world.do(lambda tx: tx.run(forget, ids=[erased_with, erased]))
    assert rekey(world) == Rekeyed(changed=1, kept=0)
    assert keys_in(world, "donation") == {old_key(world, PLAIN), old_key(world, SHORT)}
    assert known
    world.check()


def test_published_campaigns_keep_their_keys(world: World) -> None:
    gave(world, LONG, 10_00)
    world.do(lambda tx: tx.run("UPDATE campaign SET phase = 'notice'"))
    assert rekey(world) == Rekeyed(changed=0, kept=0)
    assert keys_in(world, "donation") == {old_key(world, LONG)}


def test_lists_of_staff_and_watched_donors_follow(world: World) -> None:
    gave(world, LONG, 10_00)
    gave(world, SHORT, 10_00)
    keys = world.deps.keys
    for _, phone in enumerate((PLAIN, "13900000000")):
        world.do(staff.add, keys, "41010101", phone=phone, actor=ACTOR)
    first, second = world.do(staff.listed, "41010101")
    entry = world.do(watch.watch_contact, keys, "seen before", ACTOR, phone=PLAIN)

    def put_lists_back(tx: Tx) -> None:
        change = "UPDATE staff_key SET donor_key = :key WHERE id = :id"
        tx.run(change, key=old_key(world, LONG), id=first.id)
        tx.run(change, key=old_key(world, SHORT), id=second.id)
        tx.run("UPDATE watch SET key = :key WHERE id = :id", key=old_key(world, SHORT), id=entry.id)

    world.do(put_lists_back)
    rekey(world)
    assert [row.donor_key for row in world.do(staff.listed, "41010101")] == [old_key(world, PLAIN)]
    assert world.do(lambda tx: tx.scalar("SELECT key FROM watch")) == old_key(world, PLAIN)


def test_offline_donors_with_a_number_become_the_same_donor(world: World) -> None:
    head = "reference,project_code,amount_yuan,paid_at,donor\n"
    world.do(import_donations, world.deps, f"{head}BOX-1,P000001,40,2026-09-09T11:30:00+08:00,{PLAIN}\n", ACTOR)
    world.settle()
    before = "u:" + world.deps.keys.lookup("partner", "offline", PLAIN)
    world.do(lambda tx: tx.run("UPDATE donation SET donor_key = :key", key=before))
    world.do(lambda tx: tx.run("UPDATE campaign_donor SET donor_key = :key", key=before))
    world.pay(world.give(10_00, donor=Donor(phone=PLAIN)))
    assert rekey(world) == Rekeyed(changed=1, kept=0)
    assert keys_in(world, "donation") == {old_key(world, PLAIN)}
    assert world.totals().donors == 1
    world.check()
