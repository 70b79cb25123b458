"""By which thresholds a campaign is screened (刷单套捐), and changing them."""

from typing import Any

from marshmallow import Schema, fields

from app.api.base import blueprint
from app.api.schema_fields import Currency, Text, Time, Whole
from app.current import deps
from app.http import access
from campaigns.network.roles import Permission
from campaigns.screening import settings
from campaigns.screening.thresholds import BOUNDS, default_thresholds
from kernel.db import Tx
from kernel.money import CURRENCY

blp = blueprint("screening-settings", "From where on something is a sign of drained match.")


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


@blp.get("/campaigns/<slug>/screening")
@access.managers(Permission.READ)
@blp.response(200, SettingsOut)
def show(slug: str) -> Any:
    """All thresholds, with what they may be and who set those that are not the default."""
    with deps().db.transaction() as tx:
        return _view(tx, slug)


@blp.route("/campaigns/<slug>/screening", methods=["PATCH"])
@access.managers(Permission.SCREEN)
@blp.arguments(SettingsIn)
@blp.response(200, SettingsOut)
def change(given: dict[str, int | None], slug: str) -> Any:
    """Set some thresholds, before or during the event or for its review; null puts one back to its default."""
    with deps().db.transaction() as tx:
        settings.change(tx, slug, given, default_thresholds(deps().screening_defaults), access.actor())
        return _view(tx, slug)


@blp.post("/campaigns/<slug>/screening/reset")
@access.managers(Permission.SCREEN)
@blp.response(200, SettingsOut)
def reset(slug: str) -> Any:
    """Put all thresholds back to their defaults."""
    with deps().db.transaction() as tx:
        settings.reset(tx, slug, default_thresholds(deps().screening_defaults), access.actor())
        return _view(tx, slug)


def _view(tx: Tx, slug: str) -> dict[str, Any]:
    return {
        "campaign": slug,
        "currency": CURRENCY,
        "settings": settings.settings(tx, slug, default_thresholds(deps().screening_defaults)),
    }
