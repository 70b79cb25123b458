"""The audit chain: what is sealed, when, and that every change behind a block is named."""

from collections.abc import Callable
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from sqlmodel import select

from campaigns import audit_chain
from campaigns.audit import record_audit
from campaigns.audit_chain import AuditBlock, head, seal
from campaigns.check import check_books
from tests.world import ACTOR, World

PAST_TRIGGERS = "SET LOCAL session_replication_role = replica"


def record(world: World, number: int = 1) -> None:
    for index in range(number):
        world.do(record_audit, ACTOR, "test.act", f"thing:{index}", index=index)


def faults(world: World) -> list[str]:
    with world.db.snapshot() as tx:
        return check_books(tx)


def sealed_ids(world: World) -> list[int]:
    blocks = world.do(lambda tx: tx.all(select(AuditBlock).order_by("number")))
    return [row_id for block in blocks if block.source == "audit_entry" for row_id in block.ids]


def entry_ids(world: World) -> list[int]:
    return [row.id for row in world.do(lambda tx: tx.rows("SELECT id FROM audit_entry ORDER BY id"))]


def plant(world: World, statement: str) -> list[str]:
    """Do by hand what a trigger refuses, and return what `check-books` says."""
    world.do(lambda tx: [tx.run(PAST_TRIGGERS), tx.run(statement)])
    return faults(world)


def test_every_entry_is_sealed_once_in_blocks_that_follow_each_other(world: World) -> None:
    seal(world.deps)
    first = world.do(head)
    assert seal(world.deps) == 0, "nothing new"
    record(world, 3)
    assert seal(world.deps) == 3
    assert sealed_ids(world) == entry_ids(world)
    second = world.do(head)
    assert (second.block, faults(world)) == (first.block + 1, [])


def test_a_block_has_a_limit_and_the_next_goes_on_behind_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_chain, "BLOCK", 2)
    record(world, 5)
    seal(world.deps)
    assert sealed_ids(world) == entry_ids(world)
    assert world.do(lambda tx: tx.scalar("SELECT max(cardinality(ids)) FROM audit_block")) == 2
    assert faults(world) == []


@pytest.fixture
def sealed(world: World) -> World:
    record(world, 4)
    seal(world.deps)
    assert faults(world) == []
    return world


LAST = "(SELECT max(id) FROM audit_entry)"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (f"UPDATE audit_entry SET actor = 'nobody' WHERE id = {LAST}", "(test.act of thing:3) is not as block"),
        (f"UPDATE audit_entry SET action = 'test.other' WHERE id = {LAST}", "(test.other of thing:3) is not as"),
        (f"UPDATE audit_entry SET subject = 'thing:9' WHERE id = {LAST}", "(test.act of thing:9) is not as"),
        (f"UPDATE audit_entry SET detail = '{{}}' WHERE id = {LAST}", "(test.act of thing:3) is not as"),
        (f"UPDATE audit_entry SET address = '10.0.0.0/24' WHERE id = {LAST}", "is not as block"),
        (f"UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE id = {LAST}", "is not as block"),
        (f"DELETE FROM audit_entry WHERE id = {LAST}", "is gone"),
    ],
)
def test_an_entry_that_was_changed_or_deleted_is_named(sealed: World, statement: str, words: str) -> None:
    [fault] = plant(sealed, statement)
    assert fault.startswith("audit_entries_are_as_sealed: ") and words in fault


def test_an_entry_that_was_inserted_behind_a_block_is_named(sealed: World) -> None:
    """A transaction that was rolled back left a free number: behind the block nobody may use it any more."""
    with pytest.raises(ZeroDivisionError), sealed.db.transaction() as tx:
        record_audit(tx, ACTOR, "test.lost", "thing:lost")
        raise ZeroDivisionError
    record(sealed)
    seal(sealed.deps)
    free = max(entry_ids(sealed)) - 1
    [fault] = plant(
        sealed,
        f"""INSERT INTO audit_entry (id, at, actor, action, subject, detail) OVERRIDING SYSTEM VALUE
            VALUES ({free}, now(), 'x', 'test.forged', 'thing:1', '{{}}')""",
    )
    assert "(test.forged of thing:1) was inserted behind sealed ones" in fault


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_block SET marks[1] = repeat('0', 32) WHERE number = 1",
        "UPDATE audit_block SET ids[1] = ids[1] + 1000 WHERE number = 1",
        "UPDATE audit_block SET last_id = last_id + 1 WHERE number = 1",
        "UPDATE audit_block SET hash = repeat('0', 64) WHERE number = 1",
        "UPDATE audit_block SET before = repeat('0', 64) WHERE number = 2",
        "DELETE FROM audit_block WHERE number = 1",
    ],
)
def test_a_block_that_was_changed_or_deleted_breaks_the_chain(sealed: World, statement: str) -> None:
    record(sealed)
    seal(sealed.deps)
    broken = plant(sealed, statement)
    assert any(fault.startswith("audit_blocks_are_a_chain: ") for fault in broken)


def test_a_sealed_block_cannot_be_changed_while_the_trigger_exists(sealed: World) -> None:
    for table in ("audit_block", "audit_entry"):
        for statement in (f"UPDATE {table} SET hash = ''", f"DELETE FROM {table}", f"TRUNCATE {table}"):
            if "hash" in statement and table == "audit_entry":
                continue
            with pytest.raises(Exception, match="append-only"):
                sealed.do(lambda tx, statement=statement: tx.run(statement))


class Writer:
    """A transaction in a thread of its own that records an entry and stays open until it is told to commit."""

    def __init__(self, world: World) -> None:
        self.ready, self.go = Event(), Event()
        self.thread = Thread(target=self._write, args=(world,))
        self.thread.start()
        assert self.ready.wait(10)

    def _write(self, world: World) -> None:
        with world.db.transaction() as tx:
            record_audit(tx, ACTOR, "test.slow", "thing:slow")
            self.ready.set()
            assert self.go.wait(10)

    def commit(self) -> None:
        self.go.set()
        self.thread.join(10)


def test_ids_that_commit_out_of_order_are_sealed_when_nothing_can_come_before_them(world: World) -> None:
    seal(world.deps)
    slow = Writer(world)
    record(world)  # has a higher id, and is committed first
    assert seal(world.deps) == 0, "the slow transaction may still commit a smaller id"
    slow.commit()
    assert seal(world.deps) == 2
    assert (sealed_ids(world), faults(world)) == (entry_ids(world), [])


def test_control_without_the_horizon_the_late_entry_would_be_taken_for_a_forgery(world: World) -> None:
    seal(world.deps)
    slow = Writer(world)
    record(world)
    newest = max(entry_ids(world))
    audit_chain._add_blocks(world.deps, "audit_entry", newest)
    slow.commit()
    assert any("was inserted behind sealed ones" in fault for fault in faults(world))


def test_a_horizon_of_another_database_is_dropped(world: World) -> None:
    """After a restore transactions are numbered anew: a number from before would be waited for in vain."""
    record(world)
    world.db.memory["audit horizon", "audit_entry"] = audit_chain._Horizon(1, 2**40)
    assert seal(world.deps) > 0
    assert sealed_ids(world) == entry_ids(world)


def test_many_writers_and_two_sealers_leave_no_gap_and_no_fault(world: World) -> None:
    together = Barrier(6)

    def write() -> None:
        together.wait()
        for _ in range(30):
            with world.db.transaction() as tx:
                record_audit(tx, ACTOR, "test.race", "thing:1")
                tx.scalar("SELECT pg_sleep(random() * 0.003)")

    def keep_sealing() -> None:
        together.wait()
        for _ in range(40):
            seal(world.deps)

    _together([write] * 4 + [keep_sealing] * 2)
    seal(world.deps)
    assert (sealed_ids(world), faults(world)) == (entry_ids(world), [])


def _together(acts: list[Callable[[], Any]]) -> None:
    failures: list[BaseException] = []

    def guarded(act: Callable[[], Any]) -> None:
        try:
            act()
        except BaseException as error:
            failures.append(error)

    threads = [Thread(target=guarded, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []


def test_a_writer_has_its_number_before_it_takes_an_id(world: World) -> None:
    """The horizon rests on it: an id that was given out belongs to a transaction that is known to be running."""
    numbered = world.do(lambda tx: tx.rows("SELECT tgrelid FROM pg_trigger WHERE tgname LIKE '%_numbered'"))
    assert len(numbered) == len(audit_chain.SEALED_TABLES)
    probe = """CREATE TABLE probe (numbered boolean DEFAULT (pg_current_xact_id_if_assigned() IS NOT NULL))"""
    world.do(lambda tx: tx.run(probe))
    insert = "INSERT INTO probe DEFAULT VALUES RETURNING numbered"
    assert world.do(lambda tx: tx.scalar(insert)) is False, "control: an id could be taken without a number"
    world.do(
        lambda tx: tx.run(
            """CREATE TRIGGER probe_numbered BEFORE INSERT ON probe
               FOR EACH STATEMENT EXECUTE FUNCTION take_transaction_number()"""
        )
    )
    assert world.do(lambda tx: tx.scalar(insert)) is True
