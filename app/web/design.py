"""A demo page for page authors that shows every component in every state."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from flask import abort, render_template

from app.current import deps, settings
from app.http import access
from app.shared_pages.declare import shared
from app.web.blueprint import blueprint
from app.web.match_state import MatchState
from app.web.outlook import Outlook
from campaigns.projects.themes import THEMES

_STRIPS = ("open", "drawn", "later", "shut", "locked", "paused", "spent")
_FACES = (
    "held",
    "part",
    "drawn",
    "later",
    "shut",
    "on_the_way",
    "review",
    "final",
    "re_offered",
    "disputed",
    "returned",
    "lapsed",
    "none",
)
_RIGHTS = (("none", 0), ("forecast", 100), ("reserved", 100), ("reserved", 45), ("review", 100), ("final", 45))


@blueprint.get("/design")
@access.public
@shared()
def design() -> str:
    """Show colours, type, buttons, chips, emblems, cards and match states with made-up data, in light and dark."""
    if not settings().sandbox:
        abort(404)
    with deps().db.snapshot() as tx:
        now = tx.now
    soon = now + timedelta(hours=3)
    gift_minor, half_minor = 66_60, 30_00
    campaign = SimpleNamespace(slug="demo", now=now, running=True, plan={"responsible": "演示联系人"}, contact=None)
    return render_template(
        "web/design.html",
        campaign=campaign,
        themes=THEMES,
        strips=[Outlook(state, 542_000_00, 10_000, 0, soon) for state in _STRIPS],
        projects=[_project(index, theme) for index, theme in enumerate(THEMES)],
        rights=[*_RIGHTS, ("final", 100)],
        donation=_donation(gift_minor),
        explanation=SimpleNamespace(holds=()),
        faces=[MatchState(face, half_minor if face == "part" else gift_minor, soon) for face in _FACES],
    )


def _project(index: int, theme: str) -> Any:
    target_minor = 30_000_00 + index * 5_000_00
    return SimpleNamespace(
        id=index,
        theme=theme,
        name="云溪村老年食堂",
        county_name="云川县",
        township_name="柳溪镇",
        status="fundraising",
        target_minor=target_minor,
        raised_minor=target_minor * (9 - index) // 14,
        matched_minor=target_minor * (9 - index) // 20,
    )


def _donation(gift_minor: int) -> Any:
    part = SimpleNamespace(pot_name="云川县配捐池", state="captured")
    return SimpleNamespace(amount_minor=gift_minor, refunded_minor=0, payment_reference="x", parts=(part,), id=None)
