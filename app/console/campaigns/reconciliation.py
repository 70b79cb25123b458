"""Differences between the books and the providers' statements, and signing them off."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.console.campaigns.three_sides import chosen_account, chosen_state
from app.console.desks.assignments import assignments_at
from app.console.saved_views import views_at
from app.current import deps
from app.duties import perform
from app.http import access
from app.http.heavy_reads import heavy
from app.http.scope import Where
from app.i18n.giving_labels import SUMS_VERDICTS
from app.web.blueprint import requested_page
from campaigns.approvals.desk import open_of
from campaigns.closing.models import STATES
from campaigns.closing.publication.partner_sums import sums_of_campaign
from campaigns.closing.reconciliation import discrepancies
from campaigns.closing.reconciliation.bookings import booked_sums
from campaigns.closing.reconciliation.empty_days import awaited_day, day_awaited, record_empty_day
from campaigns.closing.reconciliation.sign_off_together import groups
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Caller, Permission
from campaigns.screening.cases import count_open_cases
from kernel.db import Tx
from kernel.ids import MOST_ID

PAGE_SIZE = 50


@blueprint.get("/campaigns/<slug>/reconciliation", endpoint="reconciliation")
@access.signed_in(Permission.READ)
@heavy
def list_discrepancies(slug: str) -> str:
    """List the differences of a campaign, open ones first."""
    page, state = requested_page(PAGE_SIZE), chosen_state()
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        assert campaign.id is not None
        rows, total = discrepancies.listed(tx, campaign.id, state or None, page)
        assigned = assignments_at(tx, "discrepancy", (row.id for row in rows))
        known = discrepancies.known_donations(tx, rows)
        pending = open_of(tx, "discrepancy.sign_off", (row.id for row in rows))
        booked = booked_sums(tx, campaign.id)
        cases = count_open_cases(tx, campaign.id)
        open_groups = groups(tx, campaign.id)
        views = views_at(tx, "differences", {"state": state}, slug)
        stated = sums_of_campaign(tx, campaign.id)
    return render_template(
        "console/reconciliation.html",
        campaign=campaign,
        rows=rows,
        known=known,
        assigned=assigned,
        pending=pending,
        groups=open_groups,
        booked=booked,
        cases=cases,
        day_awaited=day_awaited,
        total=total,
        page=page,
        state=state,
        states=STATES,
        views=views,
        stated=stated,
        SUMS_VERDICTS=SUMS_VERDICTS,
    )


@blueprint.post("/campaigns/<slug>/discrepancies/<int:discrepancy_id>/empty-day", endpoint="empty_day")
@access.signed_in_to_act(Permission.RECONCILE, where=Where.FEDERATION)
def record_day(slug: str, discrepancy_id: int) -> Response:
    """Record the platform's statement that its missing bill of the day has no lines."""

    def record(tx: Tx, caller: Caller) -> None:
        provider, day = awaited_day(tx, discrepancy_id)
        record_empty_day(tx, provider, day, caller.name)

    back = url_for("console.reconciliation", slug=slug, state=chosen_state() or None)
    return act(Permission.RECONCILE, back, record, _("已记为无交易日。"))


@blueprint.post("/campaigns/<slug>/discrepancies/<int:discrepancy_id>/sign-off", endpoint="sign_off")
@access.signed_in_to_act(Permission.RECONCILE)
def sign_off(slug: str, discrepancy_id: int) -> Response:
    """Sign off a difference with a reason, and book it on the account of its cause."""
    reason, account = request.form.get("reason", "").strip()[:500], chosen_account()
    return act(
        Permission.RECONCILE,
        url_for("console.reconciliation", slug=slug, state=chosen_state() or None),
        lambda tx, _caller: said_of(
            perform(tx, "discrepancy.sign_off", min(discrepancy_id, MOST_ID), reason, account=account)
        ),
        _("已签字。"),
    )
