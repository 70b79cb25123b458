"""A project that may be carried out."""

from campaigns.projects import drafts, transitions
from campaigns.projects.drafts import NewProject
from kernel.db import Tx

_ACTOR = "test"


def approved_project(tx: Tx, code: str) -> int:
    """A project that this node carries out."""
    project = drafts.create(tx, NewProject(code, f"幸福家园 {code}", "micro", "午餐", 30_000_00), _ACTOR)
    assert project.id is not None
    transitions.submit(tx, project.id, _ACTOR)
    transitions.approve(tx, project.id, _ACTOR)
    return project.id
