"""Saved views: the filters of a list under a name, for their owner or shared with the colleagues of the branch."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlmodel import col, func, or_, select

from campaigns.audit import record_audit
from campaigns.network.models import Organisation
from campaigns.network.roles import Caller, Permission, require
from campaigns.network.view_models import SavedView
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound, fault
from kernel.text import clean_text, text_fault

MOST_NAME = 40  # characters
MOST_VIEWS = 20  # per account and page; our default
_MOST_FILTER = 200
_OF_DONATIONS = "campaign node pot project channel state amount least most since until order"


class ListPage(NamedTuple):
    """A list with saved views: the filters that may be stored (none that identifies a person), and who may see the
    list."""

    filters: tuple[str, ...]
    needs: Permission = Permission.READ
    federation_only: bool = False


# Views of cases and of differences name no campaign, so they work in each.
PAGES = {
    "donations": ListPage(tuple(_OF_DONATIONS.split())),
    "projects": ListPage(("q", "status", "sort")),
    "cases": ListPage(("state",)),
    "differences": ListPage(("state",)),
    "messages": ListPage(("queue", "source"), federation_only=True),
    "refund_requests": ListPage(("state",), Permission.DONATIONS_REFUND),
    "payments": ListPage(("state",)),
}


def save(
    tx: Tx, caller: Caller, page: str, name: str, filters: Mapping[str, str], *, shared: bool = False
) -> SavedView:
    """Save filters under a name, replacing the caller's own view of that name.

    Raises Invalid `view_invalid` with every wrong field, Forbidden `not_permitted`, Conflict `views_limit`.
    """
    name = clean_text(name).strip()
    kept = {key: text for key, text in filters.items() if text}
    if faults := _faults(page, name, kept):
        raise Invalid("view_invalid", fields=faults)
    _require_page(caller, page)
    tx.lock_name(f"views:{caller.owner}")
    own = select(SavedView).where(SavedView.owner == caller.owner, SavedView.page == page)
    view = tx.first(own.where(SavedView.name == name).with_for_update())
    if view is None:
        if (tx.first(select(func.count()).select_from(own.subquery())) or 0) >= MOST_VIEWS:
            raise Conflict("views_limit", most=MOST_VIEWS)
        view = SavedView(
            owner=caller.owner, saved_by=caller.name, page=page, name=name, filters=kept, saved_at=tx.now
        )
    view.filters, view.shared, view.branch_code, view.saved_at = kept, shared, caller.branch_code, tx.now
    view = tx.add(view)
    record_audit(tx, caller.name, "view.save", f"view:{view.id}", shared=shared)
    return view


def _faults(page: str, name: str, kept: Mapping[str, str]) -> dict[str, Fault]:
    if page not in PAGES:
        return {"page": fault("not_one_of", options=tuple(PAGES))}
    faults = {}
    if refused := text_fault(name, MOST_NAME):
        faults["name"] = refused
    if not kept:
        faults["filters"] = fault("required")
    elif not kept.keys() <= set(PAGES[page].filters):
        faults["filters"] = fault("not_one_of", options=PAGES[page].filters)
    elif any(text_fault(text, _MOST_FILTER) for text in kept.values()):
        faults["filters"] = fault("too_long", most=_MOST_FILTER)
    return faults


def _require_page(caller: Caller, page: str) -> None:
    require(caller, PAGES[page].needs)
    if PAGES[page].federation_only and caller.branch_code is not None:
        raise Forbidden("not_permitted")


def views_of(tx: Tx, caller: Caller, page: str) -> list[SavedView]:
    """Return the caller's own views of a page, then those that colleagues share with the caller's branch.

    Raises Forbidden `not_permitted` to a caller who may not see the list.
    """
    _require_page(caller, page)
    above = select(func.unnest(Organisation.lineage)).where(Organisation.code == caller.branch_code)
    for_me = or_(col(SavedView.branch_code).is_(None), col(SavedView.branch_code).in_(above))
    seen = or_(SavedView.owner == caller.owner, col(SavedView.shared).is_(True) & for_me)
    own_first = (col(SavedView.owner) != caller.owner, col(SavedView.name), col(SavedView.id))
    return tx.all(select(SavedView).where(SavedView.page == page, seen).order_by(*own_first))


def delete(tx: Tx, caller: Caller, view_id: int) -> None:
    """Delete one of the caller's own views. Raises NotFound `view_unknown`."""
    view = tx.get(SavedView, view_id, lock=True)
    if view is None or view.owner != caller.owner:
        raise NotFound("view_unknown")
    tx.session.delete(view)
    record_audit(tx, caller.name, "view.delete", f"view:{view_id}")
