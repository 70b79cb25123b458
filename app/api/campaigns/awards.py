"""Awards of campaigns: their criteria, and the winners according to the books, as published."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.campaign_views import public
from app.api.schema_fields import Key, Minor, Text, Time, Whole, one_of
from app.current import deps
from app.http import access
from app.http.scope import Where
from campaigns.awards import awards
from campaigns.awards.awards import MOST_NAME, MOST_PLACES, NewAward
from campaigns.awards.models import AwardAmong, AwardCriterion, AwardTie
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from campaigns.reasons import MOST_REASON

blueprint = make_blueprint("awards", "Awards of campaigns, decided by the books.")
_AWARDS = "/campaigns/<slug>/awards"


class AwardIn(Schema):
    name = Text(MOST_NAME, 1, required=True)
    among = one_of(*AwardAmong, required=True)
    criterion = one_of(*AwardCriterion, required=True)
    places = Whole(1, MOST_PLACES, load_default=1)
    tie = one_of(*AwardTie, load_default=AwardTie.EARLIER.value)
    mark_minor = Minor(load_default=None, allow_none=True, metadata={"description": "for `fastest` alone"})


class AwardRemovalIn(Schema):
    reason = Text(MOST_REASON, load_default="", metadata={"description": "why it no longer counts"})


class AwardOut(AwardIn):
    id = Key()
    added_by = Text()
    added_at = Time()


class AwardWinnerOut(Schema):
    """The winner of a place and the figures behind it; amounts in fen."""

    place = Whole()
    code = Text()
    name = Text()
    parent_name = Text(metadata={"description": "the county of a place or project"})
    donors = Whole()
    donations = Whole()
    raised_minor = Whole()
    offline_minor = Whole(metadata={"description": "the part of `raised_minor` that came offline"})
    matched_minor = Whole()
    total_minor = Whole()
    last_at = fields.String(metadata={"description": "when its last counted gift was paid"})
    reached_at = fields.String(
        allow_none=True, metadata={"description": "when it had raised the mark of `fastest`"}
    )


class DecidedAwardOut(AwardIn):
    award = Key()
    winners = fields.List(fields.Nested(AwardWinnerOut))


class AwardPublicationIn(Schema):
    reason = Text(MOST_REASON, load_default="", metadata={"description": "required from the second version on"})


class AwardPublicationOut(Schema):
    version = Whole(metadata={"description": "1: the first; each later one corrects the one before"})
    published_at = Time()
    reason = Text()
    hash = Text(attribute="awards_hash")
    awards = fields.List(fields.Nested(DecidedAwardOut))


@blueprint.get(_AWARDS)
@access.managers(Permission.READ, where=Where.FROM_BELOW)
@blueprint.response(200, AwardOut(many=True))
def list_awards(slug: str) -> Any:
    """List the awards of a campaign."""
    with deps().db.snapshot() as tx:
        return awards.awards_of(tx, find_campaign(tx, slug).id or 0)


@blueprint.post(_AWARDS)
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(AwardIn)
@blueprint.response(201, AwardOut)
def add(body: dict[str, Any], slug: str) -> Any:
    """Add an award before the campaign ends. The public page then shows how it is decided."""
    with deps().db.transaction() as tx:
        return awards.add(tx, slug, NewAward(**body), access.actor())


@blueprint.post(f"{_AWARDS}/<id:award_id>/remove")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(AwardRemovalIn)
@blueprint.response(204)
def remove(body: dict[str, Any], slug: str, award_id: int) -> None:
    """Remove an award before the campaign ends."""
    with deps().db.transaction() as tx:
        awards.remove(tx, slug, award_id, body["reason"], access.actor())


@blueprint.get("/campaigns/<slug>/award-standings")
@access.managers(Permission.READ, where=Where.FROM_BELOW)
@blueprint.response(200, DecidedAwardOut(many=True))
def list_standings(slug: str) -> Any:
    """Return who would win according to the current books."""
    with deps().db.snapshot() as tx:
        return awards.computed(tx, find_campaign(tx, slug).id or 0)


@blueprint.get("/campaigns/<slug>/award-publications")
@access.public
@blueprint.response(200, AwardPublicationOut(many=True))
def list_publications(slug: str) -> Any:
    """List the published versions of a campaign's awards, latest first."""
    with deps().db.snapshot() as tx:
        return awards.publications_of(tx, public(tx, slug).id or 0)


@blueprint.post("/campaigns/<slug>/award-publications")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(AwardPublicationIn)
@blueprint.response(201, AwardPublicationOut)
def publish(body: dict[str, Any], slug: str) -> Any:
    """Publish the awards according to the books once the result is published. When the books have changed, publish
    them again with a reason."""
    with deps().db.transaction() as tx:
        return awards.publish(tx, slug, body["reason"], access.actor())
