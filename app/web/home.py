"""The home page with running, upcoming and past campaigns, and the page for reporting a problem."""

from flask import render_template, request

from app.current import deps
from app.http import access
from app.shared_pages.declare import shared
from app.shared_pages.reading import read_once
from app.web.blueprint import blueprint
from campaigns.disclosure.campaigns import OVER, public_campaign, public_campaigns
from kernel.errors import NotFound


@blueprint.get("/")
@access.public
@shared()
def home() -> str:
    """Show campaigns by what donors can do with them now."""
    campaigns = read_once(("campaigns",), public_campaigns)
    coming = [campaign for campaign in campaigns if campaign.shown_phase == "scheduled"]
    return render_template(
        "web/home.html",
        running=[campaign for campaign in campaigns if campaign.running],
        coming=sorted(coming, key=lambda campaign: (campaign.opens_at, campaign.id)),
        past=[campaign for campaign in campaigns if campaign.shown_phase in OVER],
    )


@blueprint.get("/report")
@access.public
@shared("campaign")
def report() -> str:
    """Show who is responsible for a campaign, and how to report a problem to them."""
    slug = request.args.get("campaign", "")
    with deps().db.snapshot() as tx:
        try:
            campaign = public_campaign(tx, slug) if slug else None
        except NotFound:
            campaign = None  # the advice is still useful
        others = [] if campaign else [other for other in public_campaigns(tx) if other.contact]
    return render_template("web/report.html", campaign=campaign, others=others)
