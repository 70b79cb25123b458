"""Saved views: the filters of a list, stored under a name and deleted by their owner."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import g, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.forms import Form
from app.http import access
from app.http.scope import Where
from campaigns.network.roles import Caller, Permission
from campaigns.network.saved_views import PAGES, delete, save, views_of
from campaigns.network.view_models import SavedView
from kernel.db import Tx

_ENDPOINTS = {
    "donations": "console.donations",
    "projects": "console.projects",
    "cases": "console.cases",
    "differences": "console.reconciliation",
    "messages": "console.inbox",
    "refund_requests": "console.refund_requests",
    "payments": "console.payments",
}
_OF_A_CAMPAIGN = ("cases", "differences")


class Views(NamedTuple):
    """The data of `console/saved_views.html`: the views of a list, and the current filters that can be saved."""

    page: str
    slug: str
    rows: list[SavedView]
    savable: dict[str, str]

    def address(self, filters: Mapping[str, str]) -> str:
        """Return the address of the list with these filters."""
        return _address(self.page, self.slug, filters)


def views_at(tx: Tx, page: str, filters: Mapping[str, str], slug: str = "") -> Views:
    """Return the views of a list, with the filters that it has now. `slug`: the campaign of the list, if any."""
    savable = {name: filters[name] for name in PAGES[page].filters if filters.get(name)}
    return Views(page, slug, views_of(tx, g.caller, page), savable)


def _address(page: str, slug: str, filters: Mapping[str, str]) -> str:
    known: dict[str, Any] = dict(filters)
    if page == "differences" and not slug:
        return url_for("console.three_sides", **known)
    if page in _OF_A_CAMPAIGN:
        known["slug"] = slug
    return url_for(_ENDPOINTS.get(page, "console.donations"), **known)


@blueprint.post("/views", endpoint="view_save")
@access.signed_in_to_act(Permission.READ, where=Where.ANY)
def save_view() -> Response:
    """Save the filters of a list as a view."""
    form = Form(request.form)
    page = form["page"]
    kept = {name: form[name] for name in PAGES[page].filters if form[name]} if page in PAGES else {}

    def do(tx: Tx, caller: Caller) -> None:
        save(tx, caller, page, form["view_name"], kept, shared=form["shared"] == "yes")

    return act(Permission.READ, _address(page, form["slug"], kept), do, _("视图已保存。"))


@blueprint.post("/views/<int:saved_id>/delete", endpoint="view_delete")
@access.signed_in_to_act(Permission.READ, where=Where.ANY)
def delete_view(saved_id: int) -> Response:
    """Delete one's own view."""
    form = Form(request.form)
    back = _address(form["page"], form["slug"], {})
    return act(Permission.READ, back, lambda tx, caller: delete(tx, caller, saved_id), _("视图已删除。"))
