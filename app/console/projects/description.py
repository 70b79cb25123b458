"""The page of a project: its money, its history, and the form for its public description."""

from typing import Any, Self

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint, make_once, refusal_sentence
from app.console.forms import ConsoleForm
from app.console.written import require_own, shown_before
from app.current import deps
from app.forms import format_yuan
from app.http import access
from campaigns.disclosure.pictures import news_of, pictures_of
from campaigns.disclosure.project_money import money_of
from campaigns.network.organisations import names_of
from campaigns.network.roles import Permission
from campaigns.projects import projects, review
from campaigns.projects.budget import MOST_ROWS, BudgetRow, rows_of
from campaigns.projects.description import describe
from campaigns.projects.models import Project
from campaigns.projects.states import Status
from campaigns.projects.transitions import lock_project
from campaigns.spending.figures import account_of
from kernel.errors import Refusal

ROWS = 3  # rows shown in an empty budget
_UNIT = ("unit", "unit_price_minor", "unit_note")
_CONTACT = ("name", "role", "phone")


class DescriptionForm(ConsoleForm):
    """The form of the public description: what a sum buys, the budget, and the contact."""

    @classmethod
    def of(cls, project: Project) -> Self:
        """Return the form as a manager would have filled it in for this project."""
        data: MultiDict[str, str] = MultiDict({"unit": project.unit, "unit_note": project.unit_note})
        data["unit_price_minor"] = format_yuan(project.unit_price_minor)
        budget = rows_of(project.budget)
        data.setlist("budget_name", [row.name for row in budget])
        data.setlist("budget_amount", [format_yuan(row.amount_minor) for row in budget])
        data.setlist("budget_note", [row.note for row in budget])
        for name, text in (project.contact or {}).items():
            data[f"contact.{name}"] = text
        if project.contact:
            data["contact.consented"] = "yes"
        return cls(data)

    def rows(self) -> list[tuple[str, str, str]]:
        """Return the typed rows of the budget, with empty ones to fill in."""
        columns = [self.all(f"budget_{name}") for name in ("name", "amount", "note")]
        count = min(max(max(map(len, columns)) + 1, ROWS), MOST_ROWS)
        padded = [[*column, *[""] * count][:count] for column in columns]
        return list(zip(*padded, strict=True))

    def typed(self) -> dict[str, str]:
        """Return the fields as typed, with budget and contact as one value each, for detecting changes."""
        budget = " / ".join(" ".join(filter(None, row)) for row in self.rows() if any(row))
        contact = " ".join(filter(None, (self[f"contact.{name}"] for name in (*_CONTACT, "consented"))))
        return {name: self[name] for name in _UNIT} | {"budget": budget, "contact": contact}

    def changes(self) -> dict[str, Any]:
        """Return the arguments of `describe`; complete only without `faults`."""
        contact = {name: self[f"contact.{name}"] for name in _CONTACT}
        named = any(contact.values())
        return {
            "unit": self["unit"],
            "unit_price_minor": self.amount("unit_price_minor"),
            "unit_note": self["unit_note"],
            "budget": self._budget(),
            "contact": contact | {"consented": self["contact.consented"] == "yes"} if named else None,
        }

    def _budget(self) -> list[dict[str, Any]]:
        typed = [row for row in self.rows() if any(row)]
        amounts = [self.amount(f"budget.{number}", row[1]) or 0 for number, row in enumerate(typed)]
        return [
            BudgetRow(name, amount, note)._asdict()
            for (name, _amount, note), amount in zip(typed, amounts, strict=True)
        ]


@blueprint.get("/projects/<int:project_id>", endpoint="project")
@access.signed_in(Permission.READ)
def show(project_id: int) -> str:
    """Show a project: its money, its description, its history and its comments."""
    with deps().db.transaction() as tx:
        project = projects.find(tx, project_id)
    return _page(project, DescriptionForm.of(project))


@blueprint.post("/projects/<int:project_id>/description", endpoint="project_describe")
@access.signed_in(Permission.PROJECTS_WRITE)
def change(project_id: int) -> str | Response:
    """Change the public description of a project."""
    form = DescriptionForm(request.form)
    changes, fresh = form.changes(), False
    try:
        if not form.faults:
            return make_once(lambda: _change(project_id, form, changes))
    except Refusal as refusal:
        form.add_refusal(refusal)
        fresh = refusal.code == "changed_meanwhile"
        if fresh:
            form.faults.setdefault("", refusal_sentence(refusal))
        form.faults |= _on_rows(form.faults)
    with deps().db.transaction() as tx:
        project = projects.find(tx, project_id)
    return _page(project, form, fresh=fresh)


def _change(project_id: int, form: DescriptionForm, changes: dict[str, Any]) -> Response:
    """Store the fields that were changed on the form.

    Raises what `describe` raises, and Conflict `changed_meanwhile` if another manager has changed one of them
    since.
    """
    with deps().db.transaction() as tx:
        reviewing = g.caller.may(Permission.PROJECTS_APPROVE)
        now = DescriptionForm.of(lock_project(tx, project_id)).typed()
        names = require_own(tx, f"project:{project_id}", form, form.typed(), now)
        if names:
            written = {name: changes[name] for name in names}
            describe(tx, project_id, written, g.caller.name, reviewing=reviewing)
    flash(_("项目页的内容已保存。"), "good")
    return redirect(url_for("console.project", project_id=project_id), 303)


def _on_rows(faults: dict[str, str]) -> dict[str, str]:
    """Return the faults of budget cells as faults of their rows, and remove them from `faults`."""
    cells = [name for name in faults if name.startswith("budget.") and name.count(".") == 2]
    return {name.rpartition(".")[0]: faults.pop(name) for name in cells}


def _page(project: Project, form: DescriptionForm, *, fresh: bool = False) -> str:
    """Render the page. It repeats the values that the submitted form was shown with. With `fresh` it shows the
    current ones, because the manager is told of a colleague's change."""
    assert project.id is not None
    stored = DescriptionForm.of(project).typed()
    with deps().db.transaction() as tx:
        shown, items = pictures_of(tx, project.id), news_of(tx, project.id, hidden=True)
        names = names_of(tx, project.lineage)
        parts = {
            "money": money_of(tx, project.id),
            "account": account_of(tx, project.id),
            "history": review.history_of(tx, project.id),
            "comments": review.comments_of(tx, project.id),
        }
    writes = access.opens("project_describe") and project.status not in (Status.CLOSED, Status.BLACKLISTED)
    return render_template(
        "console/project.html",
        project=project,
        form=form,
        was=stored if fresh else shown_before(form, stored),
        writes=writes,
        budgets=project.status in (Status.DRAFT, Status.SUSPENDED) or g.caller.may(Permission.PROJECTS_APPROVE),
        budget=rows_of(project.budget),
        shown=shown,
        items=items,
        places=[names[code] for code in project.lineage if code in names],
        **parts,
    )
