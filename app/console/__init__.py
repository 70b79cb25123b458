"""Manager pages."""

from flask import Flask

from app.console import (
    blacklist,
    campaign_edit,
    campaigns,
    donations,
    entrance,
    entries,
    funds,
    operations,
    pot_edit,
    pot_money,
    pot_rules,
    pots,
    project_new,
    projects,
    reconciliation,
    screening,
    screening_settings,
)
from app.console.frame import blueprint
from app.web.frame import set_up

__all__ = [
    "attach",
    "blacklist",
    "blueprint",
    "campaign_edit",
    "campaigns",
    "donations",
    "entrance",
    "entries",
    "funds",
    "operations",
    "pot_edit",
    "pot_money",
    "pot_rules",
    "pots",
    "project_new",
    "projects",
    "reconciliation",
    "screening",
    "screening_settings",
]


def attach(app: Flask) -> None:
    """Open the manager pages."""
    set_up(app)
    app.register_blueprint(blueprint)
