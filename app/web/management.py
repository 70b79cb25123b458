"""The public page of each host's management cost by year."""

from flask import render_template

from app.current import deps
from app.http import access
from app.web.blueprint import blueprint
from campaigns.payouts.management import management_years


@blueprint.get("/public/management", endpoint="public_management")
@access.public
def show() -> str:
    """Show numerator, denominator and ceiling of each host, by year."""
    with deps().db.snapshot() as tx:
        years = management_years(tx)
    return render_template("web/management.html", years=years)
