"""All donor pages."""

from flask import Flask

from app.web import connect, design, disclosure, home, management, monthly, photos
from app.web.blueprint import blueprint, set_up
from app.web.campaigns import (
    awards,
    campaign,
    embedded,
    notices,
    objections,
    people,
    pictures,
    places,
    sources,
    teams,
)
from app.web.giving import donate, donation, donor_papers, letters, own, own_code, personal_data, receipts

# Importing a page module binds its views to the blueprint.
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
