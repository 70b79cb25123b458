"""The sources of a campaign, for managers."""

from typing import Any

from marshmallow import Schema

from app.api.base import make_blueprint
from app.api.schema_fields import Key, Minor, Text, Time, Whole, one_of
from app.current import deps
from app.http import access
from app.http.heavy_reads import heavy
from campaigns.disclosure.sources import SourceFigures, figures_of_sources
from campaigns.lifecycle.campaign import find_campaign
from campaigns.lifecycle.sources import MOST_TITLE, Source, add_source
from campaigns.network.roles import Permission
from kernel.ids import MOST_ID
from payments.partners.gift_details import CHANNELS

blueprint = make_blueprint("sources", "Where donors of a campaign come from: hosts, videos, posters, stations.")


class SourceIn(Schema):
    kind = one_of(*CHANNELS, required=True)
    title = Text(MOST_TITLE, 1, required=True)
    project = Whole(
        1, MOST_ID, allow_none=True, metadata={"description": "its link leads there; left out: the campaign"}
    )


class SourceOut(Schema):
    """A source with the clicks on its link and what it brought: paid donations less refunds, and their match, in
    fen."""

    id = Key()
    code = Text()
    kind = one_of(*CHANNELS)
    title = Text()
    project = Key(allow_none=True)
    link = Text()
    created_at = Time()
    clicks = Whole(metadata={"description": "on its link"})
    firsts = Whole(metadata={"description": "of browsers that came by no other link of the campaign before"})
    donations = Whole()
    donors = Whole()
    raised_minor = Minor(0)
    matched_minor = Minor(0)


class PlatformSourceOut(Schema):
    """A source that a platform named by a code of its own: paid donations less refunds, and their match, in fen."""

    platform = Text()
    kind = one_of(*CHANNELS)
    code = Text()
    donations = Whole()
    donors = Whole()
    raised_minor = Minor(0)
    matched_minor = Minor(0)


@blueprint.get("/campaigns/<slug>/sources")
@access.managers(Permission.READ)
@blueprint.response(200, SourceOut(many=True))
@heavy
def list_sources(slug: str) -> Any:
    """List the sources of a campaign, those that brought the most first. In a large campaign the figures are as old
    as those of its analytics."""
    with deps().db.transaction() as tx:
        pairs = figures_of_sources(tx, find_campaign(tx, slug)).registered
    return [_shown(source, figures) for source, figures in pairs]


@blueprint.get("/campaigns/<slug>/platform-sources")
@access.managers(Permission.READ)
@blueprint.response(200, PlatformSourceOut(many=True))
@heavy
def list_platform_sources(slug: str) -> Any:
    """List the sources that platforms named by codes of their own, those that brought the most first (at most
    200). In a large campaign the figures are as old as those of its analytics."""
    with deps().db.transaction() as tx:
        rows = figures_of_sources(tx, find_campaign(tx, slug)).of_platforms
    return [row._asdict() | {"platform": row.provider.removeprefix("partner:")} for row in rows]


@blueprint.post("/campaigns/<slug>/sources")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(SourceIn)
@blueprint.response(201, SourceOut)
def add(body: dict[str, Any], slug: str) -> Any:
    """Add a source. Its code is generated."""
    with deps().db.transaction() as tx:
        row = add_source(tx, slug, body["kind"], body["title"], body.get("project"), access.actor())
        tx.flush()
    return _shown(row, SourceFigures(row.code))


def _shown(source: Source, figures: SourceFigures) -> dict[str, Any]:
    return source.model_dump(include={"id", "kind", "title", "created_at"}) | {
        "project": source.project_id,
        "link": f"{deps().public_url}/s/{source.code}",
        **figures._asdict(),
    }
