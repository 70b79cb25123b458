"""Saved views: the filters of the list at hand, kept under a name; deleted by who kept them."""

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.forms import Form
from app.http import access
from app.http.scope import Where
from campaigns.network.roles import Caller, Permission
from campaigns.network.saved_views import PAGES, delete, save
from kernel.db import Tx


@blueprint.post("/views", endpoint="view_save")
@access.signed_in_to_act(Permission.READ, where=Where.ANY)
def save_view() -> Response:
    """Keep the filters of the list of donations."""
    form = Form(request.form)
    kept: dict[str, Any] = {name: form[name] for name in PAGES["donations"] if form[name]}

    def do(tx: Tx, caller: Caller) -> None:
        save(tx, caller, "donations", form["view_name"], kept, shared=form["shared"] == "yes")

    return act(Permission.READ, url_for("console.donations", **kept), do, _("视图已保存。"))


@blueprint.post("/views/<int:saved_id>/delete", endpoint="view_delete")
@access.signed_in_to_act(Permission.READ, where=Where.ANY)
def delete_view(saved_id: int) -> Response:
    """Delete one's own view."""
    back = url_for("console.donations")
    return act(Permission.READ, back, lambda tx, caller: delete(tx, caller, saved_id), _("视图已删除。"))
