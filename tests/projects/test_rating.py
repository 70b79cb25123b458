"""How a project is rated: by those who approve projects, in every state but the last, from a place in the order."""

import threading

import pytest

from campaigns.lifecycle.campaign import lock_shared
from campaigns.projects import drafts, projects
from campaigns.projects.rating import rate
from campaigns.projects.targets import targets
from kernel.db import Database
from kernel.errors import Conflict, Invalid
from tests.projects.conftest import approved, happy_home
from tests.projects.test_projects import Campaign, versions
from tests.races.runners import until_somebody_waits

STATES = ("draft", "review", "approved", "fundraising", "executing", "evaluated", "suspended", "blacklisted")


def ratings(db: Database) -> list[tuple[int, str]]:
    with db.transaction() as tx:
        return [(row.rating, row.actor) for row in tx.rows("SELECT * FROM project_rating ORDER BY position")]


def test_a_rating_is_recorded_with_its_reviewer_and_only_if_it_changed(tree: Database) -> None:
    with tree.transaction() as tx:
        project_id = drafts.create(tx, happy_home(), "liaison").id
    assert project_id is not None
    for stars in (4, 4, 0, 5):
        with tree.transaction() as tx:
            assert rate(tx, project_id, stars, "reviewer").rating == stars
            assert projects.find(tx, project_id).rating == stars
    assert ratings(tree) == [(4, "reviewer"), (0, "reviewer"), (5, "reviewer")]
    with tree.transaction() as tx:
        entries = tx.rows("SELECT detail FROM audit_entry WHERE action = 'project.rate' ORDER BY id")
    assert [(row.detail["before"]["rating"], row.detail["after"]["rating"]) for row in entries] == [
        (0, 4),
        (4, 0),
        (0, 5),
    ]


@pytest.mark.parametrize("status", [*STATES, "closed"])
def test_every_project_that_is_not_closed_can_be_rated(tree: Database, status: str) -> None:
    with tree.transaction() as tx:
        project_id = approved(tx)
        tx.run("UPDATE project SET status = :status", status=status)
    with tree.transaction() as tx:
        if status != "closed":
            assert rate(tx, project_id, 5, "reviewer").status == status
            return
        with pytest.raises(Conflict) as refused:
            rate(tx, project_id, 5, "reviewer")
    assert refused.value.code == "project_state"
    assert ratings(tree) == []


@pytest.mark.parametrize("stars", [-1, 6, 10**20])
def test_a_rating_below_zero_or_above_five_is_refused(tree: Database, stars: int) -> None:
    with tree.transaction() as tx:
        project_id = approved(tx)
        with pytest.raises(Invalid) as refused:
            rate(tx, project_id, stars, "reviewer")
    assert (refused.value.code, list(refused.value.fields)) == ("project_invalid", ["rating"])
    assert ratings(tree) == []


def test_a_rating_takes_its_place_after_those_who_decide_match_at_this_moment(
    tree: Database, campaign: Campaign
) -> None:
    """A donor has the campaign and has seen the old rating: their decision must come before the new one."""
    with tree.transaction() as tx:
        project_id = approved(tx)
    campaign("spring", project_id)

    def rate_project() -> None:
        with tree.transaction() as tx:
            rate(tx, project_id, 5, "reviewer")

    manager = threading.Thread(target=rate_project)
    with tree.transaction() as tx:
        lock_shared(tx, slugs=["spring"])
        manager.start()
        until_somebody_waits(tree)
        decided = tx.scalar("SELECT nextval('ledger_transfer_id_seq')")
        assert targets(tx, [project_id])[project_id].rating == 0
    manager.join(10)
    with tree.transaction() as tx:
        assert tx.scalar("SELECT position FROM project_rating") > decided
        assert targets(tx, [project_id])[project_id].rating == 5
    assert versions(tree) == [2]
