"""Cancelled campaigns: the amounts to be returned, the progress, and the gifts that others must return."""

from typing import Any
from uuid import UUID

from flask_smorest.pagination import PaginationParameters
from marshmallow import Schema, fields

from app.api.base import make_blueprint, page_of
from app.api.campaign_schemas import CampaignOut
from app.api.campaign_views import view
from app.api.reason_schemas import AnyReasonIn
from app.api.schema_fields import Currency, Minor, Prose, Text, Time, Whole, one_of
from app.api.second_person import may_wait, waiting
from app.current import deps
from app.duties import perform
from app.http import access
from app.live.publish import publish
from campaigns.closing.cancel import find_cancellation
from campaigns.closing.give_back import gifts_by_provider, next_of_provider, to_give_back
from campaigns.desks.payment_desk import campaign_of
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON
from kernel.money import CURRENCY

blueprint = make_blueprint("cancellation", "Cancelled campaigns, and the way of their money back.")


class CancellationOut(Schema):
    """Counts of donations, and amounts in fen. Before the cancellation they show what would be returned."""

    campaign = Text()
    phase = Text()
    state = one_of("none", "winding_up", "wound_up")
    cancelled_at = Time(allow_none=True)
    wound_up_at = Time(allow_none=True)
    reason = Text()
    unpaid = Whole(metadata={"description": "not paid yet; they are cancelled"})
    paid = Whole(metadata={"description": "paid, and not wholly given back yet"})
    paid_minor = Minor(0)
    donors = Whole(metadata={"description": "of these paid donations"})
    refunding = Whole(metadata={"description": "of these, refunded by us through the provider"})
    refunding_minor = Minor(0)
    outside = Whole(metadata={"description": "of these, to be given back by partners or the federation"})
    outside_minor = Minor(0)
    failed = Whole(metadata={"description": "of these, whose refund failed or was refused"})
    failed_minor = Minor(0)
    disputed = Whole()
    returned = Whole(metadata={"description": "wholly given back"})
    returned_minor = Minor(0)
    match_minor = Minor(0, metadata={"description": "match that returns to pots and funds"})
    currency = Currency()


class ToGiveBackOut(Schema):
    donation = fields.UUID(attribute="donation_id")
    provider = Text(metadata={"description": "`partner:NAME`, or the provider whose refund failed"})
    reference = Text(allow_none=True, metadata={"description": "the partner's own number of the donation"})
    left_minor = Minor()
    why = one_of("outside", "refund_failed")
    currency = Currency()


class ToGiveBackSourceOut(Schema):
    provider = Text(metadata={"description": "`partner:NAME`; `partner:offline` for gifts entered from a file"})
    donations = Whole()
    left_minor = Minor()
    currency = Currency()


class SourceGivenBackIn(AnyReasonIn):
    provider = Text(required=True)


class SourceGivenBackOut(Schema):
    provider = Text()
    donations = Whole(metadata={"description": "marked by this call"})
    amount_minor = Minor()
    left = Whole(metadata={"description": "gifts of the provider that are not marked yet; call again for them"})
    currency = Currency()


class GivenBackOut(Schema):
    donation = fields.UUID()
    amount_minor = Minor()
    currency = Currency()


class CancelIn(Schema):
    reason = Prose(MOST_REASON, load_default="", metadata={"description": "an open campaign needs one"})


@blueprint.post("/campaigns/<slug>/cancel")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(CancelIn)
@blueprint.response(200, CampaignOut)
@may_wait(blueprint)
def cancel(body: dict[str, Any], slug: str) -> Any:
    """Cancel a campaign before its end. Donations stop at once; the job `close` returns all money.

    The console also asks to type the campaign's code, so that nobody confirms the page of another one. This route
    does not, because its address contains that code. The reason and the second person are required as there.
    """
    with deps().db.transaction() as tx:
        outcome = perform(tx, "campaign.cancel", slug, body["reason"])
        if response := waiting(tx, outcome):
            return response
        campaign = find_campaign(tx, slug)
        tx.after_commit(lambda: publish({campaign.id or 0}))
        return view(tx, campaign)


@blueprint.get("/campaigns/<slug>/cancellation")
@access.managers(Permission.READ)
@blueprint.response(200, CancellationOut)
def show(slug: str) -> Any:
    """Report the progress of returning a cancelled campaign's money, or what cancelling would return."""
    with deps().db.transaction() as tx:
        campaign, cancellation, left = find_cancellation(tx, slug)
        times = {
            "cancelled_at": cancellation.cancelled_at if cancellation else None,
            "wound_up_at": cancellation.wound_up_at if cancellation else None,
            "reason": cancellation.reason if cancellation else "",
        }
        state = "none" if cancellation is None else "wound_up" if cancellation.wound_up_at else "winding_up"
        about = {"campaign": slug, "phase": campaign.phase, "state": state, "currency": CURRENCY}
        return {**about, **times, **left._asdict()}


@blueprint.get("/campaigns/<slug>/cancellation/to-give-back")
@access.managers(Permission.READ)
@blueprint.response(200, ToGiveBackOut(many=True))
@blueprint.paginate()
def list_to_give_back(slug: str, pagination_parameters: PaginationParameters) -> Any:
    """List the paid donations that we cannot refund ourselves: from partners, offline, or with a failed refund."""
    with deps().db.transaction() as tx:
        campaign, _, left = find_cancellation(tx, slug)
        assert campaign.id is not None
        page = page_of(pagination_parameters)
        rows, pagination_parameters.item_count = to_give_back(tx, campaign.id, left, page)
    return [{**row._asdict(), "currency": CURRENCY} for row in rows]


@blueprint.post("/donations/<uuid:donation_id>/given-back")
@access.managers(Permission.DONATIONS_REFUND)
@blueprint.arguments(AnyReasonIn)
@blueprint.response(200, GivenBackOut)
@may_wait(blueprint)
def given_back(body: dict[str, Any], donation_id: UUID) -> Any:
    """Record that such a donation of a cancelled campaign was returned outside the system. The books follow."""
    with deps().db.transaction() as tx:
        outcome = perform(tx, "donation.given_back", donation_id, body["reason"])
        if response := waiting(tx, outcome):
            return response
        campaign_id = campaign_of(tx, donation_id)
        tx.after_commit(lambda: publish({campaign_id}))
    return {"donation": donation_id, "amount_minor": outcome, "currency": CURRENCY}


@blueprint.get("/campaigns/<slug>/cancellation/sources")
@access.managers(Permission.READ)
@blueprint.response(200, ToGiveBackSourceOut(many=True))
def list_gifts_by_provider(slug: str) -> Any:
    """Sum up by provider the paid donations that partners or the federation must give back."""
    with deps().db.transaction() as tx:
        campaign, _, _ = find_cancellation(tx, slug)
        assert campaign.id is not None
        return [{**gifts._asdict(), "currency": CURRENCY} for gifts in gifts_by_provider(tx, campaign.id)]


@blueprint.post("/campaigns/<slug>/cancellation/given-back")
@access.managers(Permission.DONATIONS_REFUND)
@blueprint.arguments(SourceGivenBackIn)
@blueprint.response(200, SourceGivenBackOut)
@may_wait(blueprint)
def provider_given_back(body: dict[str, Any], slug: str) -> Any:
    """Record that the gifts of one provider were returned outside the system, some thousands per call."""
    with deps().db.transaction() as tx:
        shown = next_of_provider(tx, slug, body["provider"])
        outcome = perform(tx, "donations.given_back", slug, body["reason"], **shown._asdict())
        if response := waiting(tx, outcome):
            return response
        campaign_id = find_campaign(tx, slug).id or 0
        tx.after_commit(lambda: publish({campaign_id}))
    done = {"provider": shown.provider, "donations": shown.donations, "amount_minor": shown.left_minor}
    return {**done, "left": outcome, "currency": CURRENCY}
