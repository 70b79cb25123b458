"""All donor pages."""

from flask import Flask

from app.web import (
    awards,
    campaign,
    connect,
    design,
    disclosure,
    donate,
    donation,
    donor_papers,
    embedded,
    home,
    letters,
    management,
    monthly,
    notices,
    objections,
    own,
    own_code,
    people,
    personal_data,
    photos,
    pictures,
    places,
    receipts,
    sources,
    teams,
)
from app.web.blueprint import blueprint, set_up

# Importing a module of pages binds its views to the blueprint.
PAGES = (
    home,
    campaign,
    awards,
    places,
    pictures,
    donate,
    donation,
    donor_papers,
    own,
    own_code,
    people,
    teams,
    embedded,
    personal_data,
    disclosure,
    objections,
    management,
    notices,
    monthly,
    photos,
    letters,
    receipts,
    sources,
    connect,
    design,
)


def attach(app: Flask) -> None:
    """Register the donor pages."""
    set_up(app)
    app.register_blueprint(blueprint)
