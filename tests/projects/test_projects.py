"""Projects: made in the tree, reviewed, held and resumed; campaigns learn of every move."""

import threading
from collections.abc import Callable

import pytest

from campaigns.projects import drafts, projects, transitions
from campaigns.projects.targets import targets
from kernel.db import Database
from kernel.errors import Conflict, Invalid, NotFound
from matching.rules import Target
from tests.projects.conftest import VILLAGE, approved, happy_home
from tests.races.runners import until_somebody_waits

Campaign = Callable[..., int]


def versions(db: Database) -> list[int]:
    with db.transaction() as tx:
        return [row[0] for row in tx.rows("SELECT matching_version FROM campaign ORDER BY id")]


def test_a_new_project_is_a_draft_with_the_place_of_its_organisation(tree: Database) -> None:
    with tree.transaction() as tx:
        made = drafts.create(tx, happy_home(), "liaison")
        assert made.code == f"P{made.id:06d}"
        assert (made.status, made.level) == ("draft", "village")
        assert (made.county_code, made.township_code) == ("410302", "410302001")
        assert made.lineage == ["4103", "410302", "410302001", VILLAGE]


@pytest.mark.parametrize(
    ("organisation", "county", "township"),
    [("4103", "", ""), ("410302", "410302", ""), ("410302001", "410302", "410302001")],
)
def test_a_project_above_the_villages_belongs_to_what_there_is(
    tree: Database, organisation: str, county: str, township: str
) -> None:
    with tree.transaction() as tx:
        made = drafts.create(tx, happy_home(organisation_code=organisation), "liaison")
        assert (made.county_code, made.township_code) == (county, township)


def test_a_project_without_sense_is_refused_with_every_fault(tree: Database) -> None:
    nonsense = drafts.NewProject("9", " ", "giant", "\x00", 0, "USD", "a b")
    with pytest.raises(Invalid) as refused, tree.transaction() as tx:
        drafts.create(tx, nonsense, "liaison")
    assert set(refused.value.fields) == {
        "organisation", "name", "tier", "summary", "target_minor", "currency", "code",
    }  # fmt: skip


def test_a_code_is_given_once_and_finds_its_project(tree: Database) -> None:
    with tree.transaction() as tx:
        made = drafts.create(tx, happy_home(code="HAPPY-1"), "liaison")
        with pytest.raises(Conflict) as refused:
            drafts.create(tx, happy_home(code="HAPPY-1"), "liaison")
        assert refused.value.code == "project_code_used"
        assert projects.by_code(tx, "HAPPY-1").id == made.id


@pytest.mark.parametrize("code", ["", "P999999", "\x00", "\ud800"])
def test_an_unknown_code_is_not_found(tree: Database, code: str) -> None:
    with pytest.raises(NotFound) as refused, tree.transaction() as tx:
        projects.by_code(tx, code)
    assert refused.value.code == "project_unknown"


@pytest.mark.parametrize("act", [projects.find, lambda tx, id_: transitions.submit(tx, id_, "x")])
@pytest.mark.parametrize("unknown", [404, 0, -1, 2**70])
def test_a_project_that_does_not_exist_is_unknown(tree: Database, act: Callable[..., object], unknown: int) -> None:
    with pytest.raises(NotFound) as refused, tree.transaction() as tx:
        act(tx, unknown)
    assert refused.value.code == "project_unknown"


def test_only_what_was_submitted_can_be_approved(tree: Database) -> None:
    with tree.transaction() as tx:
        made = drafts.create(tx, happy_home(), "liaison")
    with pytest.raises(Conflict) as refused, tree.transaction() as tx:
        transitions.approve(tx, made.id, "reviewer")
    assert refused.value.code == "project_state"
    assert refused.value.params == {"from": "draft", "to": "approved"}


def test_every_move_is_in_the_history_and_in_the_audit_trail(tree: Database) -> None:
    with tree.transaction() as tx:
        project_id = approved(tx)
        transitions.suspend(tx, project_id, "凭证不全", "supervisor")
        assert transitions.resume(tx, project_id, "reviewer").status == "approved"
        history = tx.rows("SELECT from_status, to_status, actor, reason FROM project_history ORDER BY id")
        actions = tx.rows("SELECT action FROM audit_entry WHERE subject LIKE 'project:%' ORDER BY id")
    assert history == [
        (None, "draft", "liaison", ""),
        ("draft", "review", "liaison", ""),
        ("review", "approved", "reviewer", ""),
        ("approved", "suspended", "supervisor", "凭证不全"),
        ("suspended", "approved", "reviewer", ""),
    ]
    assert [row[0].removeprefix("project.") for row in actions] == [
        "create", "submit", "approve", "suspend", "resume",
    ]  # fmt: skip


def test_a_hold_needs_a_reason_and_ends_once(tree: Database) -> None:
    with tree.transaction() as tx:
        project_id = approved(tx)
        with pytest.raises(Invalid) as refused:
            transitions.suspend(tx, project_id, " ", "supervisor")
        assert list(refused.value.fields) == ["reason"]
        transitions.suspend(tx, project_id, "凭证不全", "supervisor")
        with pytest.raises(Conflict):
            transitions.suspend(tx, project_id, "凭证不全", "supervisor")
        with pytest.raises(Conflict):
            transitions.approve(tx, project_id, "reviewer")
        transitions.resume(tx, project_id, "reviewer")
        with pytest.raises(Conflict) as again:
            transitions.resume(tx, project_id, "reviewer")
        assert again.value.code == "project_state"


def test_the_campaigns_of_a_project_learn_of_its_moves_and_others_do_not(
    tree: Database, campaign: Campaign
) -> None:
    with tree.transaction() as tx:
        project_id, other = approved(tx), approved(tx, code="OTHER")
    campaign("spring", project_id, other)
    campaign("summer", other)
    campaign("autumn", project_id)
    with tree.transaction() as tx:
        transitions.suspend(tx, project_id, "凭证不全", "supervisor")
    assert versions(tree) == [2, 1, 2]


def test_a_move_never_waits_in_a_ring_with_a_donor(tree: Database, campaign: Campaign) -> None:
    """A donor holds the campaign shared and looks at the project's key; the manager holds the project and
    waits for the campaign. With FOR UPDATE on the project this ends as a deadlock."""
    with tree.transaction() as tx:
        project_id = approved(tx)
    campaign_id = campaign("spring", project_id)

    def suspend() -> None:
        with tree.transaction() as tx:
            transitions.suspend(tx, project_id, "凭证不全", "supervisor")

    manager = threading.Thread(target=suspend)
    with tree.transaction() as donor:
        donor.rows("SELECT id FROM campaign WHERE id = :id FOR SHARE", id=campaign_id)
        manager.start()
        until_somebody_waits(tree)
        donor.run("SET LOCAL lock_timeout = '3s'")
        donor.rows("SELECT id FROM project WHERE id = :id FOR KEY SHARE", id=project_id)
    manager.join(10)
    assert versions(tree) == [2]


def test_matching_targets_have_the_place_of_the_project(tree: Database) -> None:
    with tree.transaction() as tx:
        project_id, county = approved(tx), approved(tx, organisation_code="410303", tier="special")
        shown = targets(tx, [project_id, county, 404])
        assert shown == {
            project_id: Target(project_id, "village", "micro", ("4103", "410302", "410302001", VILLAGE), "410302"),
            county: Target(county, "county", "special", ("4103", "410303"), "410303"),
        }
