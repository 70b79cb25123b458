"""Monthly statements of the own branch, and notices of their corrections."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.current import deps
from app.forms import Form
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.monthly import reading
from campaigns.network.roles import Permission

PAGE_SIZE = 50


@blueprint.get("/monthly", endpoint="monthly")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_statements() -> str:
    """The statements of the own branch, the newest month first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        rows, total = reading.statements(tx, None, scope.branch(), page)
    return render_template("console/monthly.html", rows=rows, total=total, page=page)


@blueprint.post("/monthly/<code>/<month>/corrections", endpoint="monthly_correct")
@access.signed_in_to_act(Permission.FUNDS_WRITE)
def correct(code: str, month: str) -> Response:
    """Publish a notice beside a statement."""
    text = Form(request.form)["text"]
    return act(
        Permission.FUNDS_WRITE,
        url_for("console.monthly"),
        lambda tx, caller: reading.correct(tx, code, month, text, caller.name),
        _("更正说明已公示。"),
    )
