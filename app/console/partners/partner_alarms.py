"""Acknowledge alarms about a platform."""

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.forms import ConsoleForm
from app.http import access
from app.http.scope import Where
from campaigns.network.roles import Caller, Permission
from campaigns.partner_alarms import acknowledge_alarm
from kernel.db import Tx


@blueprint.post("/partners/<name>/alarms/<kind>", endpoint="partner_alarm")
@access.signed_in(Permission.PARTNERS_WRITE, where=Where.FEDERATION)
def acknowledge(name: str, kind: str) -> Response:
    """Acknowledge an alarm as the page showed it."""
    pieces = ConsoleForm(request.form).whole("pieces") or 0

    def do(tx: Tx, caller: Caller) -> None:
        acknowledge_alarm(tx, name, kind, pieces, caller.name)

    back = url_for("console.partner", name=name)
    return act(Permission.PARTNERS_WRITE, back, do, _("已标为知道了，再有新的会再提醒。"))
