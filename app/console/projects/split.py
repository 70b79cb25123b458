"""The split of a project's money: the rule in force, its versions, and a new one from a given time."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.written import require_seen
from app.current import deps
from app.forms import Form, format_moment
from app.http import access
from campaigns.network.roles import Caller, Permission
from campaigns.payouts import rules
from campaigns.payouts.models import SplitRule
from campaigns.payouts.split import Shares
from campaigns.projects import projects
from campaigns.projects.transitions import lock_project
from kernel.db import Tx
from kernel.errors import Invalid


@blueprint.get("/projects/<int:project_id>/split", endpoint="project_split")
@access.signed_in(Permission.READ)
def show(project_id: int) -> str:
    """Show the versions of a project's split rule."""
    with deps().db.transaction() as tx:
        project = projects.find(tx, project_id)
        versions = rules.splits_of(tx, project_id)
        most_bps = rules.rules_of(tx, project.lineage).management_most_bps
    return render_template(
        "console/project_split.html", project=project, versions=versions, most_bps=most_bps, was=_shown(versions)
    )


@blueprint.post("/projects/<int:project_id>/split", endpoint="project_split_set")
@access.signed_in_to_act(Permission.FUNDS_WRITE)
def change(project_id: int) -> Response:
    """Add a version of the split rule, valid from a given time."""
    form = Form(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        typed = [form.number(name, 2) for name in ("project", "township", "management")]
        valid_from = form.moment("valid_from")
        if form.faults:
            raise Invalid("split_invalid")
        shares = Shares(*(bps or 0 for bps in typed))
        lock_project(tx, project_id)
        shown = _shown(rules.splits_of(tx, project_id))
        require_seen(tx, f"project:{project_id}", form, shown, action="project.split")
        rules.set_split(tx, project_id, shares, valid_from, form["reason"], caller.name)

    return act(
        Permission.FUNDS_WRITE, url_for("console.project_split", project_id=project_id), do, _("分账规则已保存。")
    )


def _shown(versions: list[SplitRule]) -> dict[str, str]:
    """Return the latest version as its form shows it. A new version replaces it as a whole."""
    last = max(versions, key=lambda rule: rule.id or 0, default=None)
    shares = rules.shares_of(last)._asdict()
    texts = {f"share_{name.removesuffix('_bps')}": f"{bps / 100:g}" for name, bps in shares.items()}
    return {**texts, "valid_from": format_moment(last.valid_from) if last else ""}
