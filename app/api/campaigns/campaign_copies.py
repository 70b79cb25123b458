"""Create campaigns as copies of others."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.schema_fields import Currency, Flag, Minor, Text, Time, Whole
from app.current import deps
from app.http import access, scope
from campaigns.copy_campaign import Copied, CopyOf, copy_campaign, funds_of
from campaigns.lifecycle.drafts import MOST_SLUG
from campaigns.network.roles import Permission
from kernel.money import CURRENCY

blueprint = make_blueprint("campaign-copies", "Campaigns that begin as copies of others.")


class CopyIn(Schema):
    slug = Text(MOST_SLUG, 1, required=True)
    name = Text(200, 1, required=True)
    opens_at = Time(required=True, metadata={"description": "all other times move as far as this one"})
    with_pots = Flag(load_default=True, metadata={"description": "the same pots, from the same funds"})
    preview = Flag(load_default=False, metadata={"description": "only say what would come of it"})


class CopyOut(Schema):
    slug = Text()
    phase = Text()
    opens_at = Time()
    ends_at = Time()
    entries = Whole(metadata={"description": "projects that take part again"})
    left_out = fields.List(Text(), metadata={"description": "names of projects that may not take part any more"})
    pots = Whole()
    funded_minor = Minor(0, metadata={"description": "what the pots took from their funds"})
    currency = Currency()


@blueprint.post("/campaigns/<slug>/copies")
@access.managers(Permission.CAMPAIGNS_WRITE)
@blueprint.arguments(CopyIn)
@blueprint.response(201, CopyOut)
@blueprint.alt_response(200, schema=CopyOut, description="a preview: nothing is copied")
def copy(body: dict[str, Any], slug: str) -> Any:
    """Create a draft from a campaign. It copies the plan without the filing, windows, thresholds, projects, and the
    pots with their rules and tranches. If a fund holds less than its pots take, the request fails with 409
    `fund_short`."""
    new = CopyOf(body["slug"], body["name"], body["opens_at"], body["with_pots"])
    with deps().db.transaction() as tx:
        if new.with_pots:
            for fund_id in sorted(funds_of(tx, slug)):
                scope.require_draw(tx, slug, fund_id)
        if body["preview"]:
            return tx.rehearse(lambda: _view(copy_campaign(tx, slug, new, access.actor()))), 200
        return _view(copy_campaign(tx, slug, new, access.actor()))


def _view(copied: Copied) -> dict[str, Any]:
    times = {name: getattr(copied.campaign, name) for name in ("slug", "phase", "opens_at", "ends_at")}
    return {**copied._asdict(), **times, "currency": CURRENCY}
