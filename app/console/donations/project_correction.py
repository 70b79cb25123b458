"""Correct the project of a donation: choose it, preview the effect on its match, then confirm."""

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import blueprint, said_of
from app.console.forms import ConsoleForm
from app.console.previewed import show_or_save
from app.current import deps
from app.duties import needs_second, news_of, perform
from app.http import access, scope
from app.i18n.giving_labels import CONSENTS
from campaigns.closing.correct_project import Agreed, correct_project
from campaigns.donations.view import DonationView, donation_view
from campaigns.network.roles import Permission
from campaigns.projects.projects import find as find_project
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict

_ACT = "donation.correct_project"
_NO_REASON_YET = "-"  # replaces a missing reason in the preview


class _Typed(NamedTuple):
    agreed: Agreed
    reason: str


@blueprint.route("/donations/<uuid:donation_id>/project", methods=["GET", "POST"])
@access.signed_in(Permission.DONATIONS_REFUND)
def correct_donation_project(donation_id: UUID) -> str | Response:
    """Let a donation count for another project with the donor's consent."""
    form = ConsoleForm(request.form)
    return show_or_save(
        form,
        _read(form) if form.finished else None,
        page=partial(_page, donation_id),
        preview=partial(_preview, donation_id),
        save=partial(_save, donation_id, form["seen"]),
    )


def _read(form: ConsoleForm) -> _Typed | None:
    form.require("project", "consent", "consented_on", "reason")
    chosen, day = form.ids("project"), form.day("consented_on")
    reason = form.text("reason", 500) or _NO_REASON_YET
    if form.faults or not chosen or day is None:
        return None
    return _Typed(Agreed(chosen[0], form["consent"], day), reason)


def _arguments(agreed: Agreed) -> Mapping[str, Any]:
    return {**agreed._asdict(), "consented_on": agreed.consented_on.isoformat()}


def _preview(donation_id: UUID, tx: Tx, typed: _Typed) -> dict[str, Any]:
    """Return the effect of the correction. `seen`: the amount, and the match before and after."""
    target = find_project(tx, typed.agreed.project)
    scope.require_node(tx, target.organisation_code)
    waits = needs_second(tx, _ACT, donation_id, **_arguments(typed.agreed))
    row = correct_project(tx, donation_id, typed.agreed, typed.reason, access.actor())
    return {"row": row, "target": target.name, "waits": waits, "seen": _seen(row)}


def _seen(row: Any) -> str:
    return f"{row.amount_minor} {row.match_before_minor} {row.match_after_minor}"


def _save(donation_id: UUID, seen: str, typed: _Typed) -> Response:
    """Correct the project, or request a second person's approval.

    Raises Conflict `effect_changed` if the effect differs from the preview.
    """
    with deps().db.transaction() as tx:
        scope.require_node(tx, find_project(tx, typed.agreed.project).organisation_code)
        outcome = perform(tx, _ACT, donation_id, typed.reason, **_arguments(typed.agreed))
        waits = said_of(outcome)
        if waits is None and _seen(outcome) != seen:
            raise Conflict("effect_changed")
        news_of(tx, donation_view(tx, donation_id).campaign)
    flash(waits or _("项目已更正。"), "good")
    return redirect(url_for("console.donation", donation_id=donation_id), 303)


def _page(donation_id: UUID, form: ConsoleForm, preview: dict[str, Any] | None = None) -> str:
    with deps().db.transaction() as tx:
        view = donation_view(tx, donation_id)
        projects = _choices(tx, view, form)
        today = local_day(tx.now)
    return render_template(
        "console/project_correction.html",
        donation=view,
        form=form,
        preview=preview,
        projects=projects,
        consents=CONSENTS,
        today=today,
    )


def _choices(tx: Tx, donation: DonationView, form: ConsoleForm) -> list[choices.Choice]:
    """Return the chosen project and the search results, within the campaign and the manager's branch."""
    entered = choices.entered(tx, donation.campaign, form.ids("project"), form["project_q"], scope.branch())
    return [choice for choice in entered if choice.value != str(donation.project_id)]
