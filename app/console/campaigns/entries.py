"""Add projects to a campaign: one by one, or all of a branch or tier."""

from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import act, blueprint
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access, scope
from app.i18n.locale import counted
from app.web.blueprint import requested_page
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.candidates import CandidateFilter, candidate_ids, candidates
from campaigns.lifecycle.entries import add_entries
from campaigns.lifecycle.models import Campaign
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx

PAGE_SIZE = 50


@blueprint.get("/campaigns/<slug>/entries", endpoint="entries")
@access.signed_in(Permission.CAMPAIGNS_WRITE)
def list_candidates(slug: str) -> str:
    """List the approved projects that are not yet in the campaign, filtered."""
    page, wanted = requested_page(PAGE_SIZE), _filter()
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        rows, total = candidates(tx, _id(campaign), wanted, scope.branch(), page)
        counties = choices.of_level(tx, scope.branch(), "county")
    return render_template(
        "console/entries.html",
        campaign=campaign,
        rows=rows,
        total=total,
        counties=counties,
        wanted=wanted,
        filters=_query(wanted),
        page=page,
    )


@blueprint.post("/campaigns/<slug>/entries", endpoint="entries_add")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def add(slug: str) -> Response:
    """Add projects to the campaign: the ticked ones or all that match the filter, depending on the button."""
    form, wanted = ConsoleForm(request.form), _filter()

    def do(tx: Tx, caller: Caller) -> str:
        everyone = form.verb == "all"
        campaign_id = _id(find_campaign(tx, slug))
        ids = candidate_ids(tx, campaign_id, wanted, scope.branch()) if everyone else form.ids("project")
        for project_id in ids if not everyone else ():
            scope.require_named(tx, "project_id", project_id)
        return counted("%(count)s 个项目加入了活动。", add_entries(tx, slug, ids, caller.name))

    return act(Permission.CAMPAIGNS_WRITE, url_for("console.entries", slug=slug, **_query(wanted)), do)


def _filter() -> CandidateFilter:
    return CandidateFilter(*(request.values.get(name, "").strip() for name in CandidateFilter._fields))


def _query(wanted: CandidateFilter) -> dict[str, Any]:
    return {name: value for name, value in wanted._asdict().items() if value}


def _id(campaign: Campaign) -> int:
    assert campaign.id is not None
    return campaign.id
