"""The live desk of a campaign, which refreshes every five seconds while its page is visible."""

from flask import render_template
from flask_babel import gettext as _

from app.charts import HEIGHT, WIDTH, stacked_bars
from app.console.blueprint import blueprint
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.i18n.locale import clock
from campaigns.disclosure.live_desk import Desk, Minute, live_desk
from campaigns.disclosure.totals import totals
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission

_PARTS = ("paid", "waiting", "declined", "lapsed")


@blueprint.get("/campaigns/<slug>/live", endpoint="campaign_live")
@access.signed_in(Permission.READ, where=Where.FROM_BELOW)
def show_live(slug: str) -> str:
    """Show totals, the last half hour by minute, the pots with the time until they are empty, and what lags
    behind."""
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        assert campaign.id is not None
        desk = live_desk(tx, campaign.id, scope.branch())
        sums = totals(tx, [campaign.id])[campaign.id]
    bars, most = _chart(desk)
    return render_template(
        "console/live.html",
        campaign=campaign,
        desk=desk,
        sums=sums,
        bars=bars,
        most=most,
        size=(WIDTH, HEIGHT),
        parts=_PARTS,
        at_branch=scope.branch() is not None,
    )


def _chart(desk: Desk) -> tuple[list[object], int]:
    columns = [[getattr(minute, name) for name in _PARTS] for minute in desk.minutes]
    bars, most = stacked_bars(columns, _PARTS, [_title(minute) for minute in desk.minutes])
    return [*bars], most


def _title(minute: Minute) -> str:
    count = minute.paid + minute.waiting + minute.declined + minute.lapsed
    return _("%(time)s，%(count)s 笔，付成 %(paid)s 笔", time=clock(minute.at)[:5], count=count, paid=minute.paid)
