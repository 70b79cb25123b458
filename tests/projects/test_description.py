"""What pages say of a project: what a sum does, the budget, whom to ask. Amounts are fen."""

from typing import Any

import pytest

from campaigns.disclosure.project_page import project_page
from campaigns.projects import drafts, projects, transitions
from campaigns.projects.blacklist import blacklist
from campaigns.projects.description import describe
from kernel.db import Database
from kernel.errors import Conflict, Forbidden, Invalid, Refusal
from tests.projects.conftest import approved, happy_home

ROWS = [
    {"name": "米面粮油和菜", "amount_minor": 18_000_00, "note": "43 位老人，约 84 天"},
    {"name": "灶台", "amount_minor": 32_000_00},
]
CONTACT = {"name": "李秀英", "role": "村妇联主席", "phone": "0379-6391 2345", "consented": True}
WHOLE = {
    "unit": "顿热午饭",
    "unit_price_minor": 5_00,
    "unit_note": "菜钱有出入",
    "budget": ROWS,
    "contact": CONTACT,
}


def told(tree: Database, project_id: int, changes: dict[str, Any], **how: Any) -> Refusal | None:
    try:
        with tree.transaction() as tx:
            describe(tx, project_id, changes, "liaison", **how)
    except Refusal as refusal:
        return refusal
    return None


def draft(tree: Database, **changed: object) -> int:
    with tree.transaction() as tx:
        return int(drafts.create(tx, happy_home(**changed), "liaison").id or 0)


def test_a_description_is_kept_and_shown(tree: Database) -> None:
    project = draft(tree, description=WHOLE)
    with tree.transaction() as tx:
        page = project_page(tx, project)
        assert projects.find(tx, project).contact_consented_at == tx.now
    assert (page.unit, page.unit_price_minor, page.unit_note) == ("顿热午饭", 5_00, "菜钱有出入")
    assert [(row.name, row.amount_minor) for row in page.budget] == [
        ("米面粮油和菜", 1_800_000),
        ("灶台", 3_200_000),
    ]
    assert page.contact == {"name": "李秀英", "role": "村妇联主席", "phone": "0379-6391 2345"}


UNNAMED = {"budget": [{"name": " ", "amount_minor": 0}]}
REFUSED: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"unit": "顿热午饭"}, {"unit_price_minor": "required"}),
    ({"unit_price_minor": 5_00}, {"unit": "required"}),
    ({"unit": "顿" * 13, "unit_price_minor": 5_00}, {"unit": "too_long"}),
    ({"unit": "顿", "unit_price_minor": 0}, {"unit_price_minor": "amount_not_positive"}),
    ({"unit_note": "\u202e"}, {"unit_note": "direction_controls"}),
    ({"budget": [{"name": "灶台", "amount_minor": 1}] * 13}, {"budget": "budget_too_long"}),
    (UNNAMED, {"budget.0.name": "required", "budget.0.amount_minor": "amount_not_positive"}),
    ({"contact": {**CONTACT, "consented": False}}, {"contact.consented": "consent_required"}),
    ({"contact": {**CONTACT, "name": ""}}, {"contact.name": "required"}),
    ({"contact": {**CONTACT, "phone": "ask me"}}, {"contact.phone": "not_a_phone"}),
]


@pytest.mark.parametrize(("changes", "faults"), REFUSED)
def test_every_fault_is_named_and_nothing_changes(tree: Database, changes: Any, faults: dict[str, str]) -> None:
    project = draft(tree)
    refused = told(tree, project, changes)
    assert isinstance(refused, Invalid) and refused.code == "project_invalid"
    assert {name: fault.code for name, fault in refused.fields.items()} == faults
    with tree.transaction() as tx:
        page = project_page(tx, project)
    assert (page.unit, page.unit_price_minor, page.unit_note, page.budget, page.contact) == ("", None, "", (), None)


def test_a_budget_that_is_not_the_target_is_not_submitted(tree: Database) -> None:
    project = draft(tree, description={"budget": ROWS[:1]})
    with pytest.raises(Invalid) as refused, tree.transaction() as tx:
        transitions.submit(tx, project, "liaison")
    assert refused.value.fields["budget"].code == "budget_differs"
    assert told(tree, project, {"budget": ROWS}) is None
    with tree.transaction() as tx:
        transitions.submit(tx, project, "liaison")


def test_the_budget_that_was_approved_is_changed_by_reviewers_only(tree: Database) -> None:
    with tree.transaction() as tx:
        project = approved(tx, description={"budget": ROWS})
    other = [{"name": "灶台", "amount_minor": 50_000_00}]
    refused = told(tree, project, {"budget": other})
    assert isinstance(refused, Forbidden)
    assert told(tree, project, {"budget": ROWS, **WHOLE}) is None, "what stays as it is needs no reviewer"
    short = told(tree, project, {"budget": ROWS[:1]}, reviewing=True)
    assert isinstance(short, Invalid) and short.fields["budget"].code == "budget_differs"
    assert told(tree, project, {"budget": other}, reviewing=True) is None


def test_a_contact_that_withdraws_consent_is_gone(tree: Database) -> None:
    project = draft(tree, description=WHOLE)
    assert told(tree, project, {"contact": None}) is None
    with tree.transaction() as tx:
        kept = projects.find(tx, project)
        assert (kept.contact, kept.contact_name, kept.contact_phone) == (None, "", "")
        assert kept.contact_consented_at is None
        trail = tx.scalar("SELECT string_agg(detail::text, ' ') FROM audit_entry")
    assert "李秀英" not in trail and "6391" not in trail and "灶台" not in trail


def test_a_blacklisted_project_cannot_be_described(tree: Database) -> None:
    with tree.transaction() as tx:
        project = approved(tx)
        blacklist(tx, project, "misuse", "reviewer")
    refused = told(tree, project, {"unit_note": "x"})
    assert isinstance(refused, Conflict) and refused.code == "project_state"


def test_a_suspended_project_is_mended_and_comes_back_with_a_budget_that_adds_up(tree: Database) -> None:
    with tree.transaction() as tx:
        project = approved(tx, description={"budget": ROWS})
        transitions.suspend(tx, project, "the budget is old", "reviewer")
    assert told(tree, project, {"budget": ROWS[:1]}) is None
    with pytest.raises(Invalid) as refused, tree.transaction() as tx:
        transitions.resume(tx, project, "reviewer")
    assert refused.value.fields["budget"].code == "budget_differs"
    assert told(tree, project, {"budget": ROWS}) is None
    with tree.transaction() as tx:
        assert transitions.resume(tx, project, "reviewer").status == "approved"
