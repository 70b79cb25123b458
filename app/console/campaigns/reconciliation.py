"""Differences between the books and the providers' statements, and signing them off."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.current import deps
from app.duties import perform
from app.http import access
from app.web.blueprint import requested_page
from campaigns.closing import discrepancies
from campaigns.closing.suspense import suspense_of
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from campaigns.screening.cases import count_open_cases
from kernel.ids import MOST_ID

PAGE_SIZE = 50


@blueprint.get("/campaigns/<slug>/reconciliation", endpoint="reconciliation")
@access.signed_in(Permission.READ)
def list_discrepancies(slug: str) -> str:
    """A campaign's differences, open ones first."""
    page = requested_page(PAGE_SIZE)
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        assert campaign.id is not None
        rows, total = discrepancies.listed(tx, campaign.id, None, page)
        suspense = suspense_of(tx, campaign.id)
        cases = count_open_cases(tx, campaign.id)
    return render_template(
        "console/reconciliation.html",
        campaign=campaign,
        rows=rows,
        suspense=suspense,
        cases=cases,
        total=total,
        page=page,
    )


@blueprint.post("/campaigns/<slug>/discrepancies/<int:discrepancy_id>/sign-off", endpoint="sign_off")
@access.signed_in_to_act(Permission.RECONCILE)
def sign_off(slug: str, discrepancy_id: int) -> Response:
    """Sign off a difference with a reason."""
    reason = request.form.get("reason", "").strip()[:500]
    return act(
        Permission.RECONCILE,
        url_for("console.reconciliation", slug=slug),
        lambda tx, _caller: said_of(perform(tx, "discrepancy.sign_off", min(discrepancy_id, MOST_ID), reason)),
        _("已签字。"),
    )
