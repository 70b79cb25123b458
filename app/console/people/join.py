"""The page of an account link, on which its owner chooses login and password, once.

The token is moved from the address to the session on the first visit, because addresses stay in histories and logs.
"""

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.current import deps
from app.forms import Form
from app.http import access
from app.http.errors import status_of
from app.http.off_loop import off_loop
from campaigns.network import joining, people
from campaigns.network.organisations import find
from kernel.errors import Refusal

_TOKEN = "join"  # noqa: S105 - a name in the browser's session
_MOST_TOKEN = 100  # characters
Answer = Response | tuple[str, int]


@blueprint.get("/join", endpoint="join")
@access.public
def show() -> Answer:
    """Show the form of a link, or that the link is no longer valid."""
    if token := request.args.get("token", "")[:_MOST_TOKEN]:
        session[_TOKEN] = token
        return redirect(url_for("console.join"), 303)
    return _show(Form({}))


@blueprint.post("/join", endpoint="joined")
@access.public
def join() -> Answer:
    """Create the account or set its password. The owner signs in afterwards."""
    form, token = Form(request.form), str(session.get(_TOKEN, ""))
    login, name, password = form["login"], form["name"], request.form.get("password", "")
    if password != request.form.get("again", ""):
        form.faults["again"] = _("两次输入的密码不一样")
        return _show(form, 422)
    try:
        with deps().db.transaction() as tx:
            joining.require_choosable(tx, token, login, password, name)
        password_hash = off_loop(people.hashed, password)
        with deps().db.transaction() as tx:
            joining.join(tx, token, login, password_hash, name)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _show(form, status_of(refusal))
    session.pop(_TOKEN, None)
    flash(_("密码已设好，请登录。"), "good")
    return redirect(url_for("console.sign_in"), 303)


def _show(form: Form, status: int = 200) -> tuple[str, int]:
    with deps().db.transaction() as tx:
        link = joining.opened(tx, str(session.get(_TOKEN, "")))
        branch = find(tx, link.branch_code).name if link.branch_code else ""
    return render_template("console/join.html", link=link, branch=branch, form=form), status
