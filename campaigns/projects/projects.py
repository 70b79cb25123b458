"""Making a project and finding it again; and the one place from which others reach what happens to it."""

import re
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.network.audit import record
from campaigns.network.models import Organisation
from campaigns.network.organisations import find as find_organisation
from campaigns.network.wording import fault, storable
from campaigns.projects.catalogue import ProjectRow, listed
from campaigns.projects.models import Project
from campaigns.projects.moves import approve, remember, resume, submit, suspend
from campaigns.projects.states import Status
from campaigns.projects.targets import target_of, targets
from kernel.db import Tx
from kernel.errors import Conflict, Invalid, NotFound
from kernel.money import CURRENCY, MAX_MINOR
from matching.rules import TIERS

__all__ = [
    "NewProject",
    "ProjectRow",
    "approve",
    "by_code",
    "create",
    "find",
    "listed",
    "resume",
    "submit",
    "suspend",
    "target_of",
    "targets",
]

MOST_NAME = 100
MOST_SUMMARY = 2_000
MOST_ID = 2**63 - 1  # what BIGINT holds; an id in a URL may be any number

_CODE = re.compile(r"[0-9A-Za-z_-]{1,32}")


class NewProject(NamedTuple):
    """What a manager asks for; `target_minor` in fen, `code` None: we give one."""

    organisation_code: str
    name: str
    tier: str
    summary: str
    target_minor: int
    currency: str = CURRENCY
    code: str | None = None


def create(tx: Tx, new: NewProject, actor: str) -> Project:
    """Make a project as a draft; where it stands in the tree is copied from its organisation.

    Raises Invalid `project_invalid` with every wrong field and Conflict `project_code_used`. A generated code
    that someone has given by hand is refused too; the next call generates the next one.
    """
    organisation, wrong = _organisation(tx, new.organisation_code)
    wrong |= _faults(new)
    if wrong or organisation is None:
        raise Invalid("project_invalid", "this cannot be a project", fields=wrong)
    project_id = _insert(tx, new, organisation)
    if project_id is None:
        raise Conflict("project_code_used", "this code is taken", fields={"code": "is taken"})
    remember(tx, project_id, None, Status.DRAFT, actor, "")
    record(tx, actor, "project.create", f"project:{project_id}", organisation=new.organisation_code)
    return find(tx, project_id)


def _organisation(tx: Tx, code: str) -> tuple[Organisation | None, dict[str, str]]:
    try:
        return find_organisation(tx, code), {}
    except NotFound as unknown:
        return None, {"organisation": unknown.message}


def _faults(new: NewProject) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if reason := fault(new.name, MOST_NAME):
        wrong["name"] = reason
    if new.tier not in TIERS:
        wrong["tier"] = "must be one of " + ", ".join(TIERS)
    if reason := fault(new.summary, MOST_SUMMARY, lines=True):
        wrong["summary"] = reason
    if not 1 <= new.target_minor <= MAX_MINOR:
        wrong["target_minor"] = f"must be from 1 to {MAX_MINOR} fen"
    if new.currency != CURRENCY:
        wrong["currency"] = f"must be {CURRENCY}"
    if new.code is not None and not _CODE.fullmatch(new.code):
        wrong["code"] = "must be 1 to 32 letters, digits, - or _"
    return wrong


def _insert(tx: Tx, new: NewProject, organisation: Organisation) -> int | None:
    """The new project's id, or None when its code is taken. The id is drawn first: the code is made of it."""
    project_id = int(tx.scalar("SELECT nextval(pg_get_serial_sequence('project', 'id'))"))
    county, township = (*organisation.lineage[1:3], "", "")[:2]
    found: int | None = tx.scalar(
        """INSERT INTO project (id, code, organisation_code, name, tier, level, summary, target_minor, currency,
                                status, rating, county_code, township_code, lineage, created_at)
           OVERRIDING SYSTEM VALUE
           VALUES (:id, :code, :organisation, :name, :tier, :level, :summary, :target, :currency,
                   'draft', 0, :county, :township, CAST(:lineage AS text[]), :now)
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
        county=county,
        township=township,
        lineage=organisation.lineage,
        now=tx.now,
    )
    return found


def find(tx: Tx, project_id: int) -> Project:
    """One project. Raises NotFound `project_unknown`."""
    return _known(tx.get(Project, project_id) if 0 < project_id <= MOST_ID else None)


def by_code(tx: Tx, code: str) -> Project:
    """The project with this code. Raises NotFound `project_unknown`."""
    if not storable(code):
        return _known(None)
    return _known(tx.session.scalars(select(Project).where(col(Project.code) == code)).one_or_none())


def _known(found: Project | None) -> Project:
    if found is None:
        raise NotFound("project_unknown", "there is no such project")
    return found
