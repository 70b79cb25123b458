"""A small real branch of the tree, a village in it, and a campaign to take part in."""

from collections.abc import Callable

import pytest

from campaigns.network.import_tree import import_tree
from campaigns.network.tree_file import read
from campaigns.projects.drafts import NewProject, create
from campaigns.projects.transitions import approve, submit
from kernel.db import Database, Tx

TREE = """code,name,level,parent_code
4103,洛阳市,city,
410302,老城区,county,4103
410303,西工区,county,4103
410302001,西关街道,township,410302
410303001,王城路街道,township,410303
410302001001,周公路社区,village,410302001
410303001001,百货楼社区,village,410303001
"""
VILLAGE = "410302001001"
OTHER_VILLAGE = "410303001001"


@pytest.fixture
def tree(db: Database) -> Database:
    """A database with the small tree."""
    with db.transaction() as tx:
        import_tree(tx, read(TREE), "seed")
    return db


def happy_home(**changed: object) -> NewProject:
    wish = NewProject(VILLAGE, "幸福家园·周公路", "micro", "修缮老人食堂", 5_000_000)
    return wish._replace(**changed)  # type: ignore[arg-type]


def approved(tx: Tx, **changed: object) -> int:
    """A project that has passed its review; its id."""
    project = create(tx, happy_home(**changed), "liaison")
    assert project.id is not None
    submit(tx, project.id, "liaison")
    approve(tx, project.id, "reviewer")
    return project.id


@pytest.fixture
def campaign(tree: Database) -> Callable[..., int]:
    """Makes a campaign with these projects as entries; its id."""

    def make(slug: str, *projects: int) -> int:
        with tree.transaction() as tx:
            campaign_id = tx.scalar(
                """INSERT INTO campaign (slug, name, host_code, currency, phase, phase_since, opens_at, ends_at,
                                         windows, plan, finishing_s, late_s, notice_s, matching_version,
                                         created_at)
                   VALUES (:slug, :slug, '4103', 'CNY', 'open', :now, :now, CAST(:now AS timestamptz) + '1 d',
                           '[]', '{}', 0, 0, 0, 1, :now) RETURNING id""",
                slug=slug,
                now=tx.now,
            )
            tx.run(
                "INSERT INTO campaign_entry SELECT :campaign, unnest(CAST(:projects AS bigint[])), :now",
                campaign=campaign_id,
                projects=list(projects),
                now=tx.now,
            )
        return int(campaign_id)

    return make
