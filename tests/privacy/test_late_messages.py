"""What is told of a person after their erasure."""

from app.jobs import registry
from app.jobs.runs import Unit
from campaigns.privacy.erase import erase
from campaigns.privacy.messages import erase_late, erased_donations
from campaigns.privacy.person import person_by_contact
from kernel.db import Tx
from tests.closing.partner import tell
from tests.privacy.people import PHONE, PLATFORM_NAME, give_everything
from tests.world import World


def test_a_message_that_comes_after_the_erasure_cannot_be_read(world: World) -> None:
    """Another message of the order, and one that contradicts that."""
    give_everything(world)
    with world.db.transaction() as tx:
        erase(world.deps, tx, person_by_contact(tx, world.deps.keys, PHONE), "test", "manager")
    donor = {"key": f"+86{PHONE}", "name": PLATFORM_NAME}
    tell(world, "plat", "order-1", 30_00, donor=donor, event_id="again")
    assert tell(world, "plat", "order-1", 31_00, donor=donor, event_id="again").conflicting == 1
    assert _readable(world) == 2
    assert registry.run("personal-data", world.deps)[Unit.MESSAGES_ERASED] == 2
    assert _readable(world) == 0
    tell(world, "plat", "order-1", 30_00, donor=donor, event_id="once more")
    assert erase_late(world.deps) == 1
    assert (_readable(world), erase_late(world.deps)) == (0, 0)
    world.settle()
    world.check()


def test_looking_for_erased_donors_reads_no_other_donation(world: World) -> None:
    """Also while the planner knows nothing of the table."""
    give_everything(world)

    def scans(tx: Tx) -> int:
        return int(tx.scalar("SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'donation'"))

    def more_scans(tx: Tx) -> int:
        before = scans(tx)  # of earlier transactions of this connection, which are not reported yet
        assert not erased_donations(tx)
        return scans(tx) - before

    assert world.do(more_scans) == 0


def _readable(world: World) -> int:
    """How many messages have a personal part that a key still opens."""
    tables = ("inbox_event", "inbox_conflict")
    return sum(world.do(lambda tx, t=t: tx.scalar(f"SELECT count(sealed) FROM {t}")) for t in tables)
