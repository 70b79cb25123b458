"""A look sees every change of what public pages read, whoever made it, at the moment it becomes visible."""

from campaigns.disclosure.changes import Count, Look, look, next_moment
from campaigns.donations.donors.contact import Donor
from campaigns.screening.screen import screen
from kernel.db import Database
from tests.world import World


def seen(db: Database) -> Look:
    with db.transaction() as tx:
        return look(tx)


def counted(db: Database) -> Count:
    return seen(db).changes


def changed(db: Database, earlier: Count) -> tuple[bool, Count]:
    return counted(db).after(earlier)


def test_only_writes_count_as_changes(world: World) -> None:
    earlier = counted(world.db)
    assert changed(world.db, earlier)[0] is False
    for statement in (
        "UPDATE campaign SET name = name",
        "UPDATE job_run SET failures = failures",
        "UPDATE project SET summary = 'by hand'",
        "UPDATE ledger_account SET balance_minor = balance_minor",
    ):
        with world.db.transaction() as tx:
            tx.run(statement)
        changes, earlier = changed(world.db, earlier)
        assert changes is ("job_run" not in statement), statement


def test_a_change_counts_again_when_it_is_committed(world: World) -> None:
    """The sequence is raised before the commit: a page made in between must not stay."""
    earlier = counted(world.db)
    with world.db.transaction() as tx:
        tx.run("UPDATE campaign SET name = 'new'")
        changes, earlier = changed(world.db, earlier)
        assert changes, "counted early, which costs one page"
        changes, earlier = changed(world.db, earlier)
        assert not changes, "not visible yet"
    changes, earlier = changed(world.db, earlier)
    assert changes, "visible now, although the sequence stood still"
    assert changed(world.db, earlier)[0] is False


def test_a_transaction_of_others_that_ends_is_forgotten(world: World) -> None:
    with world.db.transaction() as other:
        other.scalar("SELECT pg_current_xact_id()")
        earlier = counted(world.db)
    changes, earlier = changed(world.db, earlier)
    assert changes  # it might have written: one page too many, never one too few
    assert changed(world.db, earlier)[0] is False


def test_the_clock_changes_pages_at_the_next_opening_or_end(world: World) -> None:
    with world.db.transaction() as tx:
        opens_at, ends_at = tx.rows("SELECT opens_at, ends_at FROM campaign")[0]
    world.clock.at = opens_at.replace(year=opens_at.year - 1)
    moments = []
    for _ in range(20):
        with world.db.transaction() as tx:
            moment = next_moment(tx)
        if moment is None:
            break
        moments.append(moment)
        world.clock.at = moment
    assert opens_at in moments and ends_at in moments and moments == sorted(moments)


def test_giving_and_paying_change_no_content_and_an_edited_project_does(world: World) -> None:
    """So that a page's pictures, news and spending are not read again for each of fifty gifts a second: of donors
    who leave all that they can leave."""
    world.pot(500_00)
    donor = Donor("张三", "zhang@example.org", "13800000000", publish_name=True)
    earlier = seen(world.db)
    world.pay(world.give())
    paid = world.pay(world.give(donor=donor, message="加油"))
    world.pay(world.give(donor=donor, message="再来一次"))
    screen(world.deps)
    world.refund(paid, paid.amount_minor)
    later = seen(world.db)
    assert later.changes.after(earlier.changes)[0] is True
    assert later.content.after(earlier.content)[0] is False
    with world.db.transaction() as tx:
        tx.run("UPDATE project SET summary = 'by hand'")
    assert seen(world.db).content.after(later.content)[0] is True
