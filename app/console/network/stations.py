"""The station checklist: what each station lacks. Items without data are ticked manually."""

from typing import Any

from flask import g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from app.web.blueprint import requested_page
from campaigns.network.roles import Caller, Permission
from campaigns.stations.models import StationItem
from campaigns.stations.stations import listed, may_tick, tick, untick
from kernel.db import Tx

PAGE_SIZE = 20  # a station is five lines on a phone


@blueprint.get("/stations", endpoint="stations")
@access.signed_in(Permission.READ, where=Where.LISTED)
def list_stations() -> str:
    """List the stations of the manager's branch, those that lack most first."""
    page, filters = requested_page(PAGE_SIZE), _filters()
    missing = StationItem(filters["missing"]) if "missing" in filters else None
    with deps().db.transaction() as tx:
        stations, total = listed(tx, scope.branch(), filters.get("under", ""), missing, page)
        ticks, now = may_tick(tx, g.caller), tx.now
    return render_template(
        "console/stations.html",
        stations=stations,
        total=total,
        page=page,
        filters=filters,
        ticks=ticks,
        now=now,
        items=[*StationItem],
    )


@blueprint.post(
    "/stations/<code>/<any(contact, bank_account, liaison, registration):item>/<any(tick, untick):verb>",
    endpoint="station_tick",
)
@access.signed_in_to_act(Permission.PROJECTS_WRITE)
def apply_tick(code: str, item: str, verb: str) -> Response:
    """Tick or untick an item manually. The list keeps its filters and page."""

    def do(tx: Tx, caller: Caller) -> None:
        (tick if verb == "tick" else untick)(tx, caller, code, StationItem(item))

    back = url_for("console.stations", page=requested_page(PAGE_SIZE).number, **_filters())
    return act(Permission.PROJECTS_WRITE, back, do, _("已打勾。") if verb == "tick" else _("已取消打勾。"))


def _filters() -> dict[str, Any]:
    """Return the filters of the address that are set."""
    chosen = {"under": request.args.get("under", ""), "missing": request.args.get("missing", "")}
    if chosen["missing"] not in [*StationItem]:
        chosen["missing"] = ""
    return {name: value for name, value in chosen.items() if value}
