"""What donations and reservations refer to exists, and stays: triggers see to it, once per statement (ADR 27)."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from kernel.db import Tx
from tests.world import World

SAME = "amount_minor, currency, status, channel, donor_key, request_hash, pledged_at, provider"
COPY = f"""
    INSERT INTO donation (id, campaign_id, project_id, {SAME}, source_code, team, message, publish_name,
                          accept_unmatched)
    SELECT gen_random_uuid(), campaign_id + u.campaign, project_id + u.project, {SAME}, '', '', '', false, false
      FROM donation, unnest(CAST(:campaigns AS bigint[]), CAST(:projects AS bigint[])) AS u(campaign, project)"""
SAME_MATCH = "rules_id, project_id, amount_minor, donor_key, day, state, created_at"
COPY_MATCH = f"""
    INSERT INTO reservation (decision_id, donation_id, pot_id, {SAME_MATCH})
    SELECT decision_id, :id, pot_id + :beyond, {SAME_MATCH} FROM reservation"""


def counts(world: World) -> tuple[int, int]:
    with world.db.snapshot() as tx:
        return (
            tx.scalar("SELECT count(*) FROM donation"),
            tx.scalar("SELECT count(*) FROM reservation"),
        )


@pytest.mark.parametrize(("campaigns", "projects"), [([0, 1000], [0, 0]), ([0, 0], [0, 1000])])
def test_one_donation_of_an_unknown_place_refuses_the_whole_statement(
    world: World, campaigns: list[int], projects: list[int]
) -> None:
    world.give()
    with pytest.raises(IntegrityError, match="unknown campaign or project"), world.db.transaction() as tx:
        tx.run(COPY, campaigns=campaigns, projects=projects)
    assert counts(world) == (1, 0)
    with world.db.transaction() as tx:
        assert tx.run(COPY, campaigns=[0, 0], projects=[0, 0]) == 2


def test_match_of_an_unknown_pot_is_refused(world: World) -> None:
    world.pot(100_00)
    world.give()
    with pytest.raises(IntegrityError, match="unknown pot"), world.db.transaction() as tx:
        tx.run(COPY_MATCH, id=uuid4(), beyond=1000)
    assert counts(world) == (1, 1)
    with world.db.transaction() as tx:
        assert tx.run(COPY_MATCH, id=uuid4(), beyond=0) == 1


@pytest.mark.parametrize("place", ["campaign", "project", "pot"])
def test_a_row_that_others_refer_to_cannot_be_deleted(world: World, place: str) -> None:
    world.pot(100_00)
    world.give()
    with pytest.raises(IntegrityError), world.db.transaction() as tx:
        free_of_others(tx, place)
        tx.run(f"DELETE FROM {place}")


def test_a_deletion_waits_for_donations_that_are_not_committed(world: World) -> None:
    """Without the wait it would not see them, and they would be left without their project."""
    world.pot(100_00)
    world.give()
    with world.db.transaction() as tx:
        tx.run(COPY, campaigns=[0], projects=[0])
        with pytest.raises(OperationalError, match="lock timeout"), world.db.transaction() as other:
            other.run("SET LOCAL lock_timeout = '100ms'")
            free_of_others(other, "project")
            other.run("DELETE FROM project")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("UPDATE donation SET campaign_id = campaign_id + 1", "refused"),
        ("UPDATE donation SET project_id = project_id + 1", "changed without a correction"),
        ("UPDATE reservation SET pot_id = pot_id + 1", "refused"),
    ],
)
def test_neither_moves_elsewhere(world: World, change: str, refusal: str) -> None:
    world.pot(100_00)
    world.give()
    with pytest.raises(DBAPIError, match=refusal), world.db.transaction() as tx:
        tx.run(change)


def free_of_others(tx: Tx, place: str) -> None:
    """Drop the foreign keys of all other tables to a place."""
    for row in tx.rows(
        """SELECT conrelid::regclass AS owner, conname FROM pg_constraint
            WHERE contype = 'f' AND confrelid = CAST(:place AS regclass)""",
        place=place,
    ):
        tx.run(f"ALTER TABLE {row.owner} DROP CONSTRAINT {row.conname}")
