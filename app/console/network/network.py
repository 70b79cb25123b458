"""The tree of organisations: browse and search it, and change one node at a time."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import act, blueprint, make_once
from app.console.forms import ConsoleForm
from app.console.written import require_own
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.close_node import close_node
from campaigns.disclosure.catalogue import ProjectQuery, listed
from campaigns.network import account_search, tree
from campaigns.network.account_search import AccountQuery
from campaigns.network.organisations import ancestors, find, root
from campaigns.network.roles import Caller, Permission
from campaigns.reasons import MOST_REASON
from kernel.db import Tx
from kernel.errors import Refusal
from kernel.paging import Page
from matching.rules import LEVELS

_PEOPLE = Permission.PEOPLE_WRITE
_ONE = Page(1, 1)  # for queries of which only the total is used


@blueprint.get("/network", endpoint="network")
@access.signed_in(Permission.READ, where=Where.LISTED)
def top() -> Response | str:
    """Redirect to the node of the manager's branch, or show the results of a search in it."""
    form = ConsoleForm(request.args)
    if form["q"]:
        with deps().db.transaction() as tx:
            places = choices.places(tx, (), form["q"], scope.branch(), closed=True)
        return render_template("console/network_search.html", places=places, q=form["q"])
    with deps().db.transaction() as tx:
        code = scope.branch() or root(tx)
    if code is None:
        return render_template("console/network_search.html", places=[], q="")
    return redirect(url_for("console.node", code=code), 303)


@blueprint.get("/network/<code>", endpoint="node")
@access.signed_in(Permission.READ)
def show(code: str) -> Response | str:
    """Show a node with its direct children. A merged node redirects to the one that it was merged into."""
    with deps().db.transaction() as tx:
        into = find(tx, code).merged_into
    if into is not None:
        flash(_("%(code)s 已并入这里。", code=code), "good")
        return redirect(url_for("console.node", code=into), 301)
    return _page(code, ConsoleForm({}))


def _page(code: str, form: ConsoleForm) -> str:
    with deps().db.transaction() as tx:
        node = find(tx, code)
        above = [each for each in ancestors(tx, code) if scope.branch() is None or scope.branch() in each.lineage]
        below = tree.below(tx, code)
        projects = listed(tx, ProjectQuery(under=code), _ONE)[1]
        people = account_search.search(tx, AccountQuery(branch=code), _ONE)[1]
    level = LEVELS.index(node.level)
    return render_template(
        "console/node.html",
        node=node,
        above=above,
        below=below,
        projects=projects,
        people=people,
        next_level=LEVELS[level + 1] if level + 1 < len(LEVELS) else "",
        form=form,
    )


@blueprint.post("/network/<code>/add", endpoint="node_add")
@access.signed_in(_PEOPLE)
def add(code: str) -> str | Response | tuple[str, int]:
    """Add a node below this one."""
    form = ConsoleForm(request.form)

    def make() -> Response:
        with deps().db.transaction() as tx:
            node = tree.add(tx, code, form["code"], form["name"], g.caller.name)
        flash(_("已增加“%(name)s”。", name=node.name), "good")
        return redirect(url_for("console.node", code=code), 303)

    try:
        return make_once(make)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(code, form), 422


@blueprint.post("/network/<code>/<any(rename, close, reopen):verb>", endpoint="node_act")
@access.signed_in_to_act(_PEOPLE)
def apply_verb(code: str, verb: str) -> Response:
    """Rename a node, close it, or open it again."""
    form = ConsoleForm(request.form)
    reason = request.form.get("reason", "").replace("\x00", "").strip()[:MOST_REASON]

    def do(tx: Tx, caller: Caller) -> None:
        if verb == "rename":
            now = {"name": tree.lock_node(tx, code).name}
            subject = f"organisation:{code}"
            require_own(tx, subject, form, {"name": form["name"]}, now, action="organisation.rename")
            tree.rename(tx, code, form["name"], caller.name)
        elif verb == "close":
            close_node(tx, code, reason, caller.name)
        else:
            tree.reopen(tx, code, caller.name)

    done = {"rename": _("已改名。"), "close": _("已关闭，这里不再新建项目和账号。"), "reopen": _("已重新启用。")}
    return act(_PEOPLE, url_for("console.node", code=code), do, done[verb])
