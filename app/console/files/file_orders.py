"""Ordered files of donations, which a job writes: order, follow and download them."""

from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.donations.donation_filters import read_query
from app.current import deps
from app.exports.orders import order_donations
from app.exports.taken import taken
from app.forms import Form
from app.http import access
from app.http.scope import Where
from campaigns.exports import runs
from campaigns.exports.models import UNDER_WAY
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx


@blueprint.get("/exports", endpoint="exports")
@access.signed_in(Permission.READ, where=Where.ANY)
def list_orders() -> str:
    """List the files that the manager ordered, newest first."""
    with deps().db.transaction() as tx:
        rows = runs.ordered_by(tx, g.caller)
    running = any(row.state in UNDER_WAY for row in rows)
    return render_template("console/exports.html", rows=rows, running=running)


@blueprint.post("/exports", endpoint="export_order")
@access.signed_in_to_act(Permission.READ, where=Where.LISTED)
def order() -> Response:
    """Order a file of the donations that match the filters of the list, within the manager's branch."""
    query = read_query(Form(request.args))
    file_format = request.form.get("format", "")
    if query is None:
        return redirect(f"{url_for('console.donations')}?{request.query_string.decode()}", 303)

    def do(tx: Tx, caller: Caller) -> Any:
        order_donations(tx, caller, query, file_format)

    done = _("文件正在写，写好就能下载；可以离开这个页面。")
    return act(Permission.READ, url_for("console.exports"), do, done)


@blueprint.get("/exports/<int:export_id>", endpoint="export_file")
@access.signed_in(Permission.READ, where=Where.ANY)
def download(export_id: int) -> Response:
    """Download a finished file. The download is recorded."""
    return taken(export_id)
