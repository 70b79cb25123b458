"""Templates of projects (样板): approved projects of organisations above villages, from which villages start.

A city files its standard once, such as the one of 幸福家园; each village changes what differs.
"""

from typing import Any, NamedTuple

from campaigns.projects.budget import rows_of
from campaigns.projects.models import Project
from campaigns.projects.states import Status
from kernel.db import Tx
from kernel.errors import Invalid, fault
from kernel.money import split
from matching.rules import Level

_STATUSES = (Status.APPROVED, Status.FUNDRAISING, Status.EXECUTING, Status.EVALUATED)


class Template(NamedTuple):
    """A project to start from: what it is, and whose. `target_minor` is in fen."""

    id: int
    name: str
    organisation_name: str
    theme: str
    summary: str
    target_minor: int


def templates(tx: Tx, branch: str | None) -> list[Template]:
    """Return the templates of the organisations above a branch and within it, those of the city first."""
    rows = tx.rows(
        """SELECT p.id, p.name, o.name AS organisation_name, p.theme, p.summary, p.target_minor
             FROM project p JOIN organisation o ON o.code = p.organisation_code
            WHERE p.level <> :village AND p.status = ANY(:statuses)
              AND (CAST(:branch AS text) IS NULL OR :branch = ANY(p.lineage) OR EXISTS (
                   SELECT FROM organisation b WHERE b.code = :branch AND p.organisation_code = ANY(b.lineage)))
            ORDER BY cardinality(p.lineage), p.name, p.id""",
        village=str(Level.VILLAGE),
        statuses=list(map(str, _STATUSES)),
        branch=branch,
    )
    return [Template(*row) for row in rows]


def find_template(tx: Tx, template_id: int | None, branch: str | None) -> Template:
    """Return a template of a branch. Raises Invalid `project_invalid`."""
    for template in templates(tx, branch):
        if template.id == template_id:
            return template
    raise Invalid("project_invalid", fields={"template": fault("unknown_template")})


def description_from(tx: Tx, template: Template, target_minor: int) -> dict[str, Any]:
    """Return the description of a new project that starts from a template: what an amount buys, and the budget in
    proportion to the target (fen). The contact is the village's own."""
    project = tx.get(Project, template.id)
    assert project is not None
    unit = {"unit": project.unit, "unit_price_minor": project.unit_price_minor, "unit_note": project.unit_note}
    rows = rows_of(project.budget)
    parts = split(target_minor, [row.amount_minor for row in rows]) if rows and target_minor > 0 else []
    if not parts or min(parts) == 0:
        return unit  # a target of a few fen has no budget
    return {
        **unit,
        "budget": [row._replace(amount_minor=part)._asdict() for row, part in zip(rows, parts, strict=True)],
    }
