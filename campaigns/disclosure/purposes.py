"""Public records of a project's money that was given another purpose, and of the use of its surplus."""

from datetime import datetime
from typing import NamedTuple

from sqlmodel import col, select

from campaigns.funds.models import Fund
from campaigns.payouts.purpose import changes_of
from campaigns.payouts.surplus import uses_of
from campaigns.projects.models import Project
from kernel.db import Tx


class Moved(NamedTuple):
    """Money that was moved from a project to `name` or, if `incoming`, from `name` to the project, in fen.

    `way` is set for a surplus. For a changed purpose, `filing_no` and `basis` are its filing and what it rests on.
    """

    at: datetime
    amount_minor: int
    incoming: bool
    name: str
    reason: str
    way: str = ""
    basis: str = ""
    filing_no: str = ""


def moved_of(tx: Tx, project_id: int) -> list[Moved]:
    """Return the moved money of a project, newest first."""
    changes, uses = changes_of(tx, project_id), uses_of(tx, project_id)
    if not changes and not uses:
        return []
    ids = {id_ for change in changes for id_ in (change.from_project_id, change.to_project_id)}
    ids |= {id_ for use in uses for id_ in (use.project_id, use.to_project_id) if id_}
    names = dict(tx.all(select(Project.id, Project.name).where(col(Project.id).in_(ids))))
    funds = {use.to_fund_id for use in uses if use.to_fund_id}
    fund_names = dict(tx.all(select(Fund.id, Fund.name).where(col(Fund.id).in_(funds))))
    moved = []
    for change in changes:
        incoming = change.to_project_id == project_id
        other = names[change.from_project_id if incoming else change.to_project_id]
        figures = (change.changed_at, change.amount_minor, incoming, other, change.reason)
        moved.append(Moved(*figures, basis=change.basis, filing_no=change.filing_no))
    for use in uses:
        incoming = use.to_project_id == project_id
        into = fund_names[use.to_fund_id] if use.to_fund_id else names[use.to_project_id or 0]
        other = names[use.project_id] if incoming else into
        moved.append(Moved(use.used_at, use.amount_minor, incoming, other, use.reason, way=use.way))
    return sorted(moved, key=lambda line: line.at, reverse=True)
