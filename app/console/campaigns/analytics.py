"""The analytics of a campaign, beside those of the campaign before it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from flask import render_template

from app.charts import HEIGHT, WIDTH, stacked_bars
from app.console.blueprint import blueprint
from app.current import deps
from app.exports.analytics import label_of
from app.http import access, scope
from app.http.scope import Where
from campaigns.disclosure.analytics import DIMENSIONS, Analytics, analytics, campaign_before
from campaigns.goals.goals import progress
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from kernel.clock import local_day


class Pair(NamedTuple):
    """A value of a dimension, with the figures of this campaign and of the one before."""

    label: str
    donations: int
    given_minor: int
    before_donations: int
    before_minor: int


@blueprint.get("/campaigns/<slug>/analytics", endpoint="campaign_analytics")
@access.signed_in(Permission.READ, where=Where.FROM_BELOW)
def show_analytics(slug: str) -> str:
    """Show donations by hour, channel, county, amount, team and source, and first-time and repeat donors."""
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        before = campaign_before(tx, campaign)
        figures = analytics(tx, campaign, scope.branch())
        earlier = analytics(tx, before, scope.branch()) if before else None
        goal = progress(tx, local_day(campaign.opens_at).year) if access.opens("goals") else None
    tables = {name: list(_pairs(name, figures, earlier)) for name in DIMENSIONS}
    hours = tables["hour"]
    bars, _most = stacked_bars([[row.given_minor] for row in hours], ["raised"], [row.label for row in hours])
    return render_template(
        "console/analytics.html",
        campaign=campaign,
        before=before,
        figures=figures,
        earlier=earlier,
        goal=goal,
        tables=tables,
        bars=bars,
        size=(WIDTH, HEIGHT),
        at_branch=scope.branch() is not None,
    )


def _pairs(dimension: str, now: Analytics, earlier: Analytics | None) -> Iterator[Any]:
    """Yield the values of a dimension with their earlier figures. Values that only the earlier campaign has come
    last."""
    before = {line.key: line for line in earlier.of(dimension)} if earlier else {}
    for line in now.of(dimension):
        other = before.pop(line.key, None)
        counts = (other.donations, other.given_minor) if other else (0, 0)
        yield Pair(label_of(line), line.donations, line.given_minor, *counts)
    for line in before.values():
        yield Pair(label_of(line), 0, 0, line.donations, line.given_minor)
