"""The description of a project beside its summary: what an amount buys, how the money is spent, and the contact."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from campaigns.audit import changed, record_audit
from campaigns.projects.budget import budget_faults, require_sum, rows_of
from campaigns.projects.models import Project
from campaigns.projects.states import Status
from campaigns.projects.transitions import lock_project, state_conflict
from kernel.db import Tx
from kernel.errors import Fault, Forbidden, Invalid, fault
from kernel.money import amount_fault
from kernel.text import text_fault

FIELDS = ("unit", "unit_price_minor", "unit_note", "budget", "contact")
MOST_UNIT = 12  # characters
MOST_UNIT_NOTE = 100
MOST_CONTACT_NAME = 20
MOST_CONTACT_ROLE = 20
_FINAL = (Status.CLOSED, Status.BLACKLISTED)
# Includes village landlines as people write them, not only numbers that identify a donor.
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,18}[0-9]", re.ASCII)


class Contact(NamedTuple):
    """The person in the village who answers questions. Stored only with their consent, because it is public."""

    name: str
    role: str
    phone: str
    consented: bool


def describe(
    tx: Tx, project_id: int, changes: Mapping[str, Any], actor: str, *, reviewing: bool = False
) -> Project:
    """Replace those of `FIELDS` that `changes` contains.

    Values are texts, fen, `budget` as rows, and `contact` as an object (None removes it together with the consent).
    After submission, the budget may be changed by reviewers only (`reviewing`), because it is part of what was
    approved, and must add up to the target. A suspended project is changed like a draft. The texts are kept out of
    the audit trail.

    Raises NotFound `project_unknown`, Conflict `project_state`, Forbidden `not_permitted`, Invalid
    `project_invalid` with every wrong field.
    """
    project = lock_project(tx, project_id)
    if project.status in _FINAL:
        raise state_conflict(project)
    if faults := description_faults(_texts(project) | dict(changes)):
        raise Invalid("project_invalid", fields=faults)
    before = _audited(project)
    if "budget" in changes:
        _set_budget(project, changes["budget"] or (), reviewing)
    for name in ("unit", "unit_note"):
        if name in changes:
            setattr(project, name, (changes[name] or "").strip())
    if "unit_price_minor" in changes:
        project.unit_price_minor = changes["unit_price_minor"]
    if "contact" in changes:
        _set_contact(tx, project, changes["contact"])
    tx.add(project)
    record_audit(tx, actor, "project.describe", f"project:{project_id}", **changed(before, _audited(project)))
    return project


def description_faults(description: Mapping[str, Any]) -> dict[str, Fault]:
    """Return the faults of a description: field -> fault. Missing fields count as empty."""
    unit, price = (description.get("unit") or "").strip(), description.get("unit_price_minor")
    faults: dict[str, Fault] = {}
    if unit and price is None:
        faults["unit_price_minor"] = fault("required")
    elif not unit and price is not None:
        faults["unit"] = fault("required")
    checked = {
        "unit": text_fault(unit, MOST_UNIT) if unit else None,
        "unit_price_minor": None if price is None else amount_fault(price),
        "unit_note": text_fault((description.get("unit_note") or "").strip(), MOST_UNIT_NOTE, lines=True),
    }
    faults |= {name: refused for name, refused in checked.items() if refused}
    faults |= budget_faults(rows_of(description.get("budget") or ()))
    contact = description.get("contact")
    return faults | (_contact_faults(_contact(contact)) if contact else {})


def _contact(fields: Mapping[str, Any]) -> Contact:
    name, role, phone = ((fields.get(field) or "").strip() for field in ("name", "role", "phone"))
    return Contact(name, role, phone, fields.get("consented") is True)


def _contact_faults(contact: Contact) -> dict[str, Fault]:
    faults: dict[str, Fault] = {}
    if refused := text_fault(contact.name, MOST_CONTACT_NAME):
        faults["contact.name"] = refused
    if contact.role and (refused := text_fault(contact.role, MOST_CONTACT_ROLE)):
        faults["contact.role"] = refused
    if not _PHONE.fullmatch(contact.phone):
        faults["contact.phone"] = fault("not_a_phone")
    if not contact.consented:
        faults["contact.consented"] = fault("consent_required")
    return faults


def _set_budget(project: Project, stored: Any, reviewing: bool) -> None:
    budget = rows_of(stored)
    if budget == rows_of(project.budget):
        return
    if project.status not in (Status.DRAFT, Status.SUSPENDED):
        if not reviewing:
            raise Forbidden("not_permitted")
        require_sum(budget, project.target_minor)
    project.budget = [row._asdict() for row in budget]


def _set_contact(tx: Tx, project: Project, fields: Mapping[str, Any] | None) -> None:
    contact = _contact(fields) if fields else Contact("", "", "", False)
    before = (project.contact_name, project.contact_role, project.contact_phone)
    if contact[:3] != before:
        project.contact_name, project.contact_role, project.contact_phone = contact[:3]
        project.contact_consented_at = tx.now if fields else None


def _texts(project: Project) -> dict[str, Any]:
    return {"unit": project.unit, "unit_price_minor": project.unit_price_minor, "unit_note": project.unit_note}


def _audited(project: Project) -> dict[str, Any]:
    """Return the audited part of a description: figures, and whether there is a contact."""
    return {
        "unit_price_minor": project.unit_price_minor,
        "budget_minor": [row.amount_minor for row in rows_of(project.budget)],
        "contact": bool(project.contact_name),
    }
