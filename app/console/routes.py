"""All manager pages."""

from flask import Flask

from app.console import donations, funds, operations, sign_in
from app.console.blueprint import blueprint
from app.console.campaigns import edit as edit_campaign
from app.console.campaigns import entries, reconciliation
from app.console.campaigns import page as campaigns
from app.console.pots import create as create_pot
from app.console.pots import money, rules
from app.console.pots import page as pots
from app.console.projects import blacklist
from app.console.projects import create as create_project
from app.console.projects import page as projects
from app.console.screening import cases, settings
from app.web.blueprint import set_up

# Importing a module of pages binds its views to the blueprint.
PAGES = (
    sign_in,
    campaigns,
    edit_campaign,
    entries,
    reconciliation,
    pots,
    create_pot,
    rules,
    money,
    projects,
    create_project,
    blacklist,
    funds,
    donations,
    cases,
    settings,
    operations,
)


def attach(app: Flask) -> None:
    """Open the manager pages."""
    set_up(app)
    app.register_blueprint(blueprint)
