"""The role that web and jobs connect as, as `docs/roles.sql` makes it: a giving day needs no more."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError

from app.cli.doctor import role_line
from app.jobs import registry
from kernel.clock import FixedClock
from kernel.db import Database
from tests.offline import offline_deps
from tests.stack import ROOT
from tests.world import World, make

ROLES = (ROOT / "docs" / "roles.sql").read_text()


@pytest.fixture
def web_url(database_url: str) -> Iterator[str]:
    """The database as its web role reaches it; the role goes when the test ends."""
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute(ROLES)
        yield make_url(database_url).set(username="beishan_web").render_as_string(hide_password=False)
        owner.execute("DROP OWNED BY beishan_web; DROP ROLE beishan_web")


def test_a_giving_day_needs_no_right_to_change_tables(web_url: str, clock: FixedClock) -> None:
    db = Database(web_url, clock)
    world = World(offline_deps(db), clock)
    make(world)  # not loaded: that takes a right of its own
    world.pot(500_00)
    donation = world.pay(world.give(50_00))
    for name in registry.JOBS:
        if name != "statements":  # asks the provider
            registry.run(name, world.deps)
    assert world.view(donation).captured_minor == 50_00
    world.check()
    for statement in (
        "DROP TABLE refund",
        "ALTER TABLE donation ADD COLUMN x int",
        "CREATE TABLE x ()",
        "TRUNCATE donation",
    ):
        with pytest.raises(ProgrammingError, match=r"must be owner|permission denied"):
            world.do(lambda tx, statement=statement: tx.run(statement))
    assert "reads and writes rows" in role_line(db).text
    db.close()


def test_doctor_says_when_the_role_may_change_tables(db: Database) -> None:
    assert "may change tables" in role_line(db).text
