"""Withdrawn listings of campaigns (慈善法 第27条). Donations stop; two people are needed to resume them."""

from typing import Any

from app.api.base import make_blueprint
from app.api.campaign_schemas import CampaignOut
from app.api.campaign_views import view
from app.api.reason_schemas import OneLineReasonIn
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access
from campaigns.lifecycle.listing import withdraw_listing
from campaigns.network.roles import Permission

blueprint = make_blueprint("listings", "Campaigns whose filing or listing was withdrawn take no donations.")


@blueprint.post("/campaigns/<slug>/listing/withdraw")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(OneLineReasonIn)
@blueprint.response(200, CampaignOut)
def withdraw(body: dict[str, Any], slug: str) -> Any:
    """Stop accepting donations because the filing or the listing was withdrawn. The reason is public."""
    with deps().db.transaction() as tx:
        return view(tx, withdraw_listing(tx, slug, body["reason"], access.actor()))


@blueprint.post("/campaigns/<slug>/listing/restore")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(OneLineReasonIn)
@blueprint.response(200, CampaignOut)
@may_wait(blueprint)
def restore(body: dict[str, Any], slug: str) -> Any:
    """Accept donations again once filing and listing are in force. Needs a second person."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "campaign.restore_listing", slug, body["reason"])
        return waiting(tx, outcome) or view(tx, outcome)
