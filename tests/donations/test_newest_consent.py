"""The newest consent of a donation is reached by its key, also while the planner knows nothing of the table."""

import pytest

from campaigns.donations.letters.letter_models import Letter
from campaigns.donations.letters.letters import _REACHABLE
from kernel.bulk import unnest
from kernel.db import Tx
from tests.world import World

GIFTS = """
    INSERT INTO consent (donation_id, publish_name, use_contact, text_version, how, at)
    SELECT gen_random_uuid(), false, true, '1', 'web', now() FROM generate_series(1, 3000)
    RETURNING donation_id"""


@pytest.mark.parametrize("by_key", [True, False])
def test_no_letter_walks_through_the_consents_of_others(world: World, by_key: bool) -> None:
    def plan(tx: Tx) -> str:
        tx.run("DELETE FROM pg_statistic WHERE starelid = CAST('consent' AS regclass)")
        ids = [row.donation_id for row in tx.rows(GIFTS)]
        letters = f"FROM {unnest(Letter, 'donation_id')} WHERE {_REACHABLE.format(id='u.donation_id')}"
        return "\n".join(str(row[0]) for row in tx.rows(f"EXPLAIN SELECT {letters}", donation_id=ids))

    with world.deps.db.transaction(by_key=by_key) as tx:
        steps = plan(tx)
    assert "consent_newest" in steps
    assert "consent_pkey" not in steps
