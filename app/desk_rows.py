"""Rows of desks whose assignee the caller may change, by API and console."""

from flask import g

from app.http import auth, scope
from campaigns.assignments import KINDS
from kernel.db import Tx


def require_row(tx: Tx, kind: str, row_id: int) -> None:
    """Require that the caller may decide a row of a desk: it is in their branch, and they have the permission.

    Raises Forbidden `not_permitted`, NotFound with the code of the kind of resource.
    """
    auth.require_any(g.caller, KINDS[kind].permissions)
    scope.require_named(tx, KINDS[kind].resource, row_id)
