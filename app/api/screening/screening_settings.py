"""Screening thresholds of a campaign (刷单套捐), and changes to them."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import make_blueprint
from app.api.schema_fields import Currency, Text, Time, Whole
from app.current import deps
from app.http import access
from campaigns.network.roles import Permission
from campaigns.screening import settings
from campaigns.screening.thresholds import BOUNDS, default_thresholds
from kernel.db import Tx
from kernel.money import CURRENCY

blueprint = make_blueprint("screening-settings", "Thresholds above which a donation is held for review.")


class SettingOut(Schema):
    """A threshold in its own unit: `_minor` fen, `_s` seconds, `_bps` basis points, `_count` a number."""

    name = Text()
    value = Whole()
    default = Whole()
    least = Whole()
    most = Whole()
    changed_at = Time(allow_none=True, metadata={"description": "null: the default"})
    actor = Text()


class SettingsOut(Schema):
    campaign = Text()
    currency = Currency()
    settings = fields.List(fields.Nested(SettingOut))


SettingsIn = Schema.from_dict(
    {
        name: Whole(
            allow_none=True, metadata={"minimum": least, "maximum": most, "description": "null: the default"}
        )
        for name, (least, most) in BOUNDS.items()
    },
    name="ScreeningSettingsIn",
)


@blueprint.get("/campaigns/<slug>/screening")
@access.managers(Permission.READ)
@blueprint.response(200, SettingsOut)
def show(slug: str) -> Any:
    """List all thresholds, with their bounds and who changed them."""
    with deps().db.transaction() as tx:
        return _view(tx, slug)


@blueprint.route("/campaigns/<slug>/screening", methods=["PATCH"])
@access.managers(Permission.SCREEN)
@blueprint.arguments(SettingsIn)
@blueprint.response(200, SettingsOut)
def change(body: dict[str, int | None], slug: str) -> Any:
    """Set some thresholds, before or during the campaign or for its review. Null resets a threshold to its
    default."""
    with deps().db.transaction() as tx:
        settings.change(tx, slug, body, default_thresholds(deps().screening_defaults), access.actor())
        return _view(tx, slug)


@blueprint.post("/campaigns/<slug>/screening/reset")
@access.managers(Permission.SCREEN)
@blueprint.response(200, SettingsOut)
def reset(slug: str) -> Any:
    """Reset all thresholds to their defaults."""
    with deps().db.transaction() as tx:
        settings.reset(tx, slug, default_thresholds(deps().screening_defaults), access.actor())
        return _view(tx, slug)


def _view(tx: Tx, slug: str) -> dict[str, Any]:
    return {
        "campaign": slug,
        "currency": CURRENCY,
        "settings": settings.settings(tx, slug, default_thresholds(deps().screening_defaults)),
    }
