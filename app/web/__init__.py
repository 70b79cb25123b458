"""Donor pages."""

from flask import Flask

from app.web import disclosure, donate, donation, event, home
from app.web.error import error_page
from app.web.frame import blueprint, set_up

__all__ = ["attach", "blueprint", "disclosure", "donate", "donation", "error_page", "event", "home"]


def attach(app: Flask) -> None:
    """Open the donor pages."""
    set_up(app)
    app.register_blueprint(blueprint)
