"""Which projects take part in a campaign: one by one, or all of a branch or tier."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console import choices
from app.console.blueprint import act, blueprint
from app.current import deps
from app.http import access
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
def overview(slug: str) -> str:
    """The approved projects that are not in it yet, filtered."""
    page, wanted = requested_page(PAGE_SIZE), _wanted()
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        rows, total = candidates(tx, _id(campaign), wanted, page)
        counties = choices.of_level(tx, "county")
    return render_template(
        "console/entries.html",
        campaign=campaign,
        rows=rows,
        total=total,
        counties=counties,
        wanted=wanted,
        filters={name: value for name, value in wanted._asdict().items() if value},
        page=page,
    )


@blueprint.post("/campaigns/<slug>/entries", endpoint="entries_add")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def added(slug: str) -> Response:
    """Those that were ticked take part, or all that the filter finds; the button says which."""
    ticked = [
        int(one) for one in request.form.getlist("project") if one.isascii() and one.isdigit() and len(one) < 19
    ]

    def do(tx: Tx, caller: Caller) -> str:
        everyone = request.form.get("verb") == "all"
        ids = candidate_ids(tx, _id(find_campaign(tx, slug)), _wanted()) if everyone else ticked
        return _("%(count)s 个项目加入了活动。", count=add_entries(tx, slug, ids, caller.name))

    back = url_for(
        "console.entries", slug=slug, **{name: value for name, value in _wanted()._asdict().items() if value}
    )
    return act(Permission.CAMPAIGNS_WRITE, back, do)


def _wanted() -> CandidateFilter:
    return CandidateFilter(*(request.values.get(name, "").strip() for name in CandidateFilter._fields))


def _id(campaign: Campaign) -> int:
    assert campaign.id is not None
    return campaign.id
