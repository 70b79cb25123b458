"""Import new projects as drafts: all rows of a file or none.

Idempotent by the project's code or, without one, by organisation and name.
"""

from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from sqlmodel import col, or_, select

from campaigns.audit import record_audit
from campaigns.import_plan import ImportPlan, Sum
from campaigns.network.models import Organisation
from campaigns.projects.drafts import NewProject, create, faults_of
from campaigns.projects.models import Project
from campaigns.projects.project_file import PLACES, ProjectFile, ProjectRow
from campaigns.projects.tiers import tiers_of
from kernel.db import Tx
from kernel.errors import Fault, fault
from kernel.tables import Track
from matching.rules import TIERS

# The endings of village names in the register, which people omit or replace by one another.
_ENDINGS = ("村民委员会", "社区居民委员会", "居民委员会", "村委会", "居委会", "社区", "村")
_COLUMNS = {
    "target_minor": "target_yuan",
    "unit_price_minor": "unit_price_yuan",
}  # our fields whose column has another name in the file


class _Tree(NamedTuple):
    """Organisations by code, and the codes of organisations by their parent's code."""

    nodes: dict[str, Organisation]
    below: dict[str, list[str]]


class _Nowhere(NamedTuple):
    """Why a row has no organisation, and the column that is to be corrected."""

    column: str
    fault: Fault


class _Judged(NamedTuple):
    """The rows of a file compared with the existing projects."""

    new: list[NewProject]
    known: list[NewProject]
    faults: dict[str, Fault]
    contradictions: dict[str, Fault]


def plan_projects(tx: Tx, file: ProjectFile, branch_code: str | None = None) -> ImportPlan[NewProject]:
    """Compare a file with the tree and with existing projects. Changes nothing.

    With a `branch_code`, all projects must be inside that branch.
    """
    judged = _judge(tx, file, branch_code)
    parts = {"new_projects": judged.new, "known": judged.known}
    return ImportPlan(
        kind="projects",
        table=file.table,
        new=tuple(judged.new),
        sums=tuple(Sum(name, len(rows), sum(row.target_minor for row in rows)) for name, rows in parts.items()),
        skipped=file.table.skipped,
        faults={**judged.faults, **file.faults},
        contradictions=judged.contradictions,
    )


def write_projects(tx: Tx, plan: ImportPlan[NewProject], actor: str, track: Track = iter) -> int:
    """Create the new projects of a plan as drafts; return how many.

    Raises Invalid `import_invalid`, Conflict `import_contradicts`, and as `drafts.create` if the tree or the codes
    have changed meanwhile.
    """
    plan.require_sound()
    for new in track(plan.new):
        create(tx, new, actor)
    record_audit(tx, actor, "project.import", "projects", added=len(plan.new))
    return len(plan.new)


def _judge(tx: Tx, file: ProjectFile, branch_code: str | None) -> _Judged:
    tree = _tree(tx)
    earlier = _earlier(tx, file.rows)
    by_code = {project.code: project for project in earlier}
    by_name = {(project.organisation_code, project.name): project for project in earlier}
    judged = _Judged([], [], {}, {})
    allowed = tiers_of(tx, branch_code)
    faulty_lines = {place.partition(".")[0] for place in file.faults}
    for row in file.rows:
        new, line = _new_project(row), f"line {row.line}"
        row_faults = {
            _COLUMNS.get(field, field.partition(".")[0]): refused for field, refused in faults_of(new).items()
        }
        organisation = _organisation(tree, row)
        if isinstance(organisation, _Nowhere):
            row_faults[organisation.column] = organisation.fault
        else:
            new = new._replace(organisation_code=organisation.code)
            if branch_code is not None and branch_code not in organisation.lineage:
                row_faults["organisation"] = fault("outside_branch")
            elif organisation.closed_at is not None:
                row_faults["organisation"] = fault("organisation_closed")
        if row.tier in TIERS and row.tier not in allowed:
            row_faults["tier"] = fault("tier_beyond_branch", options=list(allowed))
        judged.faults.update({f"{line}.{column}": refused for column, refused in row_faults.items()})
        if row_faults or line in faulty_lines:
            continue
        project = by_code.get(row.code) if row.code else by_name.get((new.organisation_code, new.name.strip()))
        if project is None:
            judged.new.append(new)
            continue
        judged.known.append(new)
        judged.contradictions.update(
            {f"{line}.{column}": difference for column, difference in _differences(new, project).items()}
        )
    return judged


def _new_project(row: ProjectRow) -> NewProject:
    return NewProject(
        row.organisation,
        row.name,
        row.tier,
        row.summary,
        row.target_minor,
        row.currency,
        row.code or None,
        row.theme,
        row.description,
    )


def _tree(tx: Tx) -> _Tree:
    nodes = {node.code: node for node in tx.all(select(Organisation))}
    below: dict[str, list[str]] = defaultdict(list)
    for node in nodes.values():
        below[node.parent_code or ""].append(node.code)
    return _Tree(nodes, below)


def _earlier(tx: Tx, rows: Sequence[ProjectRow]) -> list[Project]:
    codes = {row.code for row in rows if row.code}
    names = {row.name.strip() for row in rows if not row.code}
    return tx.all(select(Project).where(or_(col(Project.code).in_(codes), col(Project.name).in_(names))))


def _organisation(tree: _Tree, row: ProjectRow) -> Organisation | _Nowhere:
    """Return the organisation of a row: by code, or by names down the tree, where levels may be omitted."""
    if row.organisation:
        return tree.nodes.get(row.organisation) or _Nowhere("organisation", fault("unknown_organisation"))
    places, lowest = list(tree.below[""]), PLACES[0]
    for lowest, name in filter(itemgetter(1), zip(PLACES, row.places, strict=True)):
        candidates = _named(tree, places, name)
        if not candidates:
            return _Nowhere(lowest, fault("place_not_found", name=name))
        places = candidates
    if len(places) > 1:
        return _Nowhere(lowest, fault("place_ambiguous", codes=sorted(places)[:5]))
    return tree.nodes[places[0]]


def _named(tree: _Tree, above: Sequence[str], name: str) -> list[str]:
    """Return the codes of the organisations with a name, on the highest level below `above` that has any.

    An exact name takes precedence over a colloquial one.
    """
    level = list(above)
    while level := [code for place in level for code in tree.below.get(place, ())]:
        exact = [code for code in level if tree.nodes[code].name == name]
        alike = exact or [code for code in level if _called(tree.nodes[code].name) & _called(name)]
        if alike:
            return alike
    return []


def _called(name: str) -> set[str]:
    """Return the names by which people may call a village: its name with and without each known ending."""
    plain = name.replace(" ", "")
    return {plain} | {plain.removesuffix(ending) for ending in _ENDINGS if len(plain) > len(ending) + 1}


def _differences(new: NewProject, project: Project) -> dict[str, Fault]:
    """Return how a row differs from the project with the same code or name, by column."""
    same = {
        "organisation": (new.organisation_code, project.organisation_code),
        "name": (new.name.strip(), project.name),
        "tier": (new.tier, project.tier),
        "summary": (new.summary.strip(), project.summary),
        "currency": (new.currency, project.currency),
    }
    differences = {
        column: fault("differs", before=before) for column, (now, before) in same.items() if now != before
    }
    if new.target_minor != project.target_minor:
        differences["target_yuan"] = fault("target_differs", before_minor=project.target_minor)
    return differences
