"""Find organisations in the tree."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from campaigns.network.models import Organisation
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.text import is_storable


def find(tx: Tx, code: str) -> Organisation:
    """Return the organisation with this code. Raises NotFound `organisation_unknown`."""
    organisation = tx.get(Organisation, code) if is_storable(code) else None
    if organisation is None:
        raise NotFound("organisation_unknown")
    return organisation


def root(tx: Tx) -> str | None:
    """Return the code of the only organisation without a parent; None when there are several, or none."""
    codes = tx.all(select(Organisation.code).where(col(Organisation.parent_code).is_(None)).limit(2))
    return codes[0] if len(codes) == 1 else None


def names_of(tx: Tx, codes: Iterable[str]) -> dict[str, str]:
    """Return the names of organisations by code."""
    rows = tx.all(select(Organisation.code, Organisation.name).where(col(Organisation.code).in_(set(codes))))
    return dict(rows)


def children(tx: Tx, code: str) -> list[Organisation]:
    """Return the organisations directly below this one, by code. Raises NotFound `organisation_unknown`."""
    return _listed(tx, col(Organisation.parent_code) == find(tx, code).code)


def ancestors(tx: Tx, code: str) -> list[Organisation]:
    """Return the organisations above this one, the city first. Raises NotFound `organisation_unknown`."""
    above = find(tx, code).lineage[:-1]
    return sorted(_listed(tx, col(Organisation.code).in_(above)), key=lambda node: above.index(node.code))


def within(column: Any, branch: str) -> ColumnElement[bool]:
    """Return the SQL condition that the organisation in a column belongs to a branch of the tree."""
    own: ColumnElement[bool] = column.in_(
        select(Organisation.code).where(col(Organisation.lineage).contains([branch]))
    )
    return own


def _listed(tx: Tx, condition: ColumnElement[bool]) -> list[Organisation]:
    return list(tx.session.scalars(select(Organisation).where(condition).order_by(Organisation.code)))
