"""Map the codes by which partner platforms call our projects. An operator maps a code; then all messages that wait
for it are processed."""

from collections.abc import Callable, Set
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.audit import changed, record_audit
from campaigns.intake.models import PartnerProjectCode
from campaigns.projects.models import Project
from kernel.db import Tx
from kernel.errors import Invalid, NotFound, fault
from kernel.text import is_storable, text_fault
from payments.partners import partners
from payments.partners.partner_events import MOST_TEXT, PARTNER_PREFIX, PartnerFact


class MappedCode(NamedTuple):
    """A partner's code and the project that it means."""

    partner: str
    code: str
    project_id: int
    project_code: str
    project_name: str
    actor: str


def map_code(tx: Tx, partner: str, code: str, project_code: str, actor: str) -> int:
    """Map a partner's code to the project with our `project_code`; return how many waiting messages become due
    again.

    Donations that were stored under an earlier mapping stay where they are. Raises NotFound `partner_unknown`,
    Invalid `project_code_invalid` that names every wrong field.
    """
    partners.known(tx, partner, lock=True)
    project = _project(tx, project_code)
    faults = {"code": refused} if (refused := text_fault(code, MOST_TEXT)) else {}
    if project is None:
        faults["project"] = fault("unknown_project")
    if faults or project is None or project.id is None:
        raise Invalid("project_code_invalid", fields=faults)
    mapped = tx.get(PartnerProjectCode, (partner, code))
    before = None if mapped is None else mapped.project_id
    if before != project.id:
        if mapped is None:
            mapped = PartnerProjectCode(
                partner=partner, code=code, project_id=project.id, actor=actor, mapped_at=tx.now
            )
        mapped.project_id, mapped.actor, mapped.mapped_at = project.id, actor, tx.now
        tx.add(mapped)
        change = changed({"project": before}, {"project": project.id})
        record_audit(tx, actor, "partner.map_code", f"partner:{partner}", code=code, **change)
    return _make_due(tx, partner, code)


def is_meant(tx: Tx, partner: str, code: str, project_code: str) -> bool:
    """Return whether a partner's code is already mapped to the project with our `project_code`."""
    mapped = tx.get(PartnerProjectCode, (partner, code)) if is_storable(code) else None
    project = _project(tx, project_code)
    return mapped is not None and project is not None and mapped.project_id == project.id


def unmap_code(tx: Tx, partner: str, code: str, actor: str) -> None:
    """Delete the mapping of a partner's code. New messages with it wait again.

    Raises NotFound `partner_unknown` and `project_code_unknown`.
    """
    partners.known(tx, partner, lock=True)
    mapped = tx.get(PartnerProjectCode, (partner, code)) if is_storable(code) else None
    if mapped is None:
        raise NotFound("project_code_unknown")
    record_audit(tx, actor, "partner.unmap_code", f"partner:{partner}", code=code, project=mapped.project_id)
    tx.run("DELETE FROM partner_project_code WHERE (partner, code) = (:partner, :code)", partner=partner, code=code)


def mapped_codes(tx: Tx, partner: str | None = None) -> list[MappedCode]:
    """Return the mapped codes of a partner (None: of all partners), by partner and code."""
    query = select(PartnerProjectCode, Project).join(Project, col(Project.id) == PartnerProjectCode.project_id)
    if partner is not None:
        query = query.where(PartnerProjectCode.partner == partner)
    rows = tx.all(query.order_by(PartnerProjectCode.partner, PartnerProjectCode.code))
    return [
        MappedCode(mapped.partner, mapped.code, mapped.project_id, project.code, project.name, mapped.actor)
        for mapped, project in rows
    ]


def codes_of_ours(tx: Tx, names: Set[str]) -> Callable[[PartnerFact], str]:
    """Return a function from a fact of one of these partners to our project code. An unmapped code is returned
    unchanged."""
    query = select(PartnerProjectCode, Project.code).join(Project, col(Project.id) == PartnerProjectCode.project_id)
    rows = tx.all(query.where(col(PartnerProjectCode.partner).in_(names)))
    meant = {(mapped.partner, mapped.code): code for mapped, code in rows}
    return lambda fact: meant.get((fact.partner, fact.project_code), fact.project_code)


def _project(tx: Tx, code: str) -> Project | None:
    return tx.first(select(Project).where(Project.code == code.strip())) if is_storable(code) else None


def _make_due(tx: Tx, partner: str, code: str) -> int:
    return tx.run(
        """UPDATE inbox_work w SET state = 'new', note = '', done_at = NULL FROM inbox_event e
            WHERE w.inbox_id = e.id AND w.state = 'waiting'
              AND w.note IN ('project_unknown', 'project_not_allowed', 'no_campaign_then')
              AND e.source = :source AND e.body #>> '{data,project_code}' = :code""",
        source=f"{PARTNER_PREFIX}{partner}",
        code=code,
    )
