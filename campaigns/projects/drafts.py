"""Create projects as drafts, and change drafts and suspended projects."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from campaigns.audit import changed, record_audit
from campaigns.network.models import Organisation
from campaigns.network.organisations import find as find_organisation
from campaigns.projects.description import describe, description_faults
from campaigns.projects.models import Project
from campaigns.projects.states import Status
from campaigns.projects.themes import THEMES, Theme
from campaigns.projects.transitions import (
    bump_matching_versions,
    lock_project,
    record_transition,
    state_conflict,
)
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, NotFound, fault
from kernel.money import CURRENCY, amount_fault
from kernel.text import text_fault
from matching.rules import TIERS

MOST_NAME = 100  # characters
MOST_SUMMARY = 2_000
MOST_CODE = 32
_CHANGEABLE = ("name", "summary", "theme", "target_minor")
_CODE = re.compile(rf"[0-9A-Za-z_-]{{1,{MOST_CODE}}}")


class NewProject(NamedTuple):
    """A project to create. `target_minor` is in fen; without a `code` one is generated; `description` is as for
    `describe`."""

    organisation_code: str
    name: str
    tier: str
    summary: str
    target_minor: int
    currency: str = CURRENCY
    code: str | None = None
    theme: str = Theme.OTHER.value
    description: Mapping[str, Any] = MappingProxyType({})


def create(tx: Tx, new: NewProject, actor: str) -> Project:
    """Create a project as a draft. Its place in the tree is copied from its organisation.

    Raises Invalid `project_invalid` with every wrong field and Conflict `project_code_used`. The latter is also
    raised if a generated code was already chosen by a user; the next call generates the next code.
    """
    organisation, faults = _organisation(tx, new.organisation_code)
    faults |= faults_of(new)
    if faults or organisation is None:
        raise Invalid("project_invalid", fields=faults)
    project_id = _insert(tx, new, organisation)
    if project_id is None:
        raise Conflict("project_code_used", fields={"code": fault("taken")})
    record_transition(tx, project_id, None, Status.DRAFT, actor)
    record_audit(tx, actor, "project.create", f"project:{project_id}", organisation=new.organisation_code)
    return describe(tx, project_id, new.description, actor) if new.description else lock_project(tx, project_id)


def faults_of(new: NewProject) -> dict[str, Fault]:
    """Return the faults of a new project's own fields: field -> fault."""
    own = _faults(new.name, new.summary, new.target_minor, new.theme)
    return _fixed_faults(new) | own | description_faults(new.description)


def change(tx: Tx, project_id: int, changes: Mapping[str, Any], actor: str) -> Project:
    """Change a draft or a suspended project: replace those of name, summary, theme and target_minor (fen) in
    `changes`.

    Raises NotFound `project_unknown`, Conflict `project_state`, Invalid `project_invalid`.
    """
    project = lock_project(tx, project_id)
    if project.status not in (Status.DRAFT, Status.SUSPENDED):
        raise state_conflict(project)
    before = {name: getattr(project, name) for name in _CHANGEABLE}
    for name in _CHANGEABLE:
        if name in changes:
            setattr(project, name, changes[name].strip() if isinstance(changes[name], str) else changes[name])
    if faults := _faults(project.name, project.summary, project.target_minor, project.theme):
        raise Invalid("project_invalid", fields=faults)
    tx.add(project)
    after = {name: getattr(project, name) for name in _CHANGEABLE}
    if project.status == Status.SUSPENDED:
        bump_matching_versions(tx, project_id)
    record_audit(tx, actor, "project.change", f"project:{project_id}", **changed(before, after))
    return project


def _organisation(tx: Tx, code: str) -> tuple[Organisation | None, dict[str, Fault]]:
    try:
        organisation = find_organisation(tx, code)
        closed = organisation.closed_at is not None
        return organisation, {"organisation": fault("organisation_closed")} if closed else {}
    except NotFound:
        return None, {"organisation": fault("unknown_organisation")}


def _fixed_faults(new: NewProject) -> dict[str, Fault]:
    """Check the fields that cannot be changed later."""
    faults: dict[str, Fault] = {}
    if new.tier not in TIERS:
        faults["tier"] = fault("not_one_of", options=TIERS)
    if new.currency != CURRENCY:
        faults["currency"] = fault("currency_unsupported", currency=CURRENCY)
    if new.code is not None and not _CODE.fullmatch(new.code):
        faults["code"] = fault("code_format", most=MOST_CODE)
    return faults


def _faults(name: str, summary: str, target_minor: int, theme: str) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if refused := text_fault(name, MOST_NAME):
        faults["name"] = refused
    if refused := text_fault(summary, MOST_SUMMARY, lines=True):
        faults["summary"] = refused
    if refused := amount_fault(target_minor):
        faults["target_minor"] = refused
    if theme not in THEMES:
        faults["theme"] = fault("not_one_of", options=THEMES)
    return faults


def _insert(tx: Tx, new: NewProject, organisation: Organisation) -> int | None:
    """Insert a project and return its id, or None if its code is taken. The code is generated from the id."""
    project_id = int(tx.scalar("SELECT nextval(pg_get_serial_sequence('project', 'id'))"))
    county, township = (*organisation.lineage[1:3], "", "")[:2]
    inserted_id: int | None = tx.scalar(
        """INSERT INTO project (id, code, organisation_code, name, tier, level, summary, target_minor, currency,
                                status, rating, theme, county_code, township_code, lineage, created_at)
           OVERRIDING SYSTEM VALUE
           VALUES (:id, :code, :organisation, :name, :tier, :level, :summary, :target, :currency,
                   'draft', 0, :theme, :county, :township, CAST(:lineage AS text[]), :now)
           ON CONFLICT (code) DO NOTHING RETURNING id""",
        id=project_id,
        code=new.code or f"P{project_id:06d}",
        organisation=organisation.code,
        name=new.name.strip(),
        tier=new.tier,
        level=organisation.level,
        summary=new.summary.strip(),
        target=new.target_minor,
        currency=new.currency,
        theme=new.theme,
        county=county,
        township=township,
        lineage=organisation.lineage,
        now=tx.now,
    )
    return inserted_id
