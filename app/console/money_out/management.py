"""The yearly management cost of each host, beside all its spending of the year."""

from flask import render_template

from app.console.blueprint import blueprint
from app.current import deps
from app.http import access, scope
from app.http.scope import Where
from campaigns.network.roles import Permission
from campaigns.payouts.management import management_years


@blueprint.get("/management", endpoint="management")
@access.signed_in(Permission.READ, where=Where.LISTED)
def show() -> str:
    """Show numerator, denominator and ceiling of each host in the manager's branch, by year."""
    with deps().db.transaction() as tx:
        years = management_years(tx, branch=scope.branch())
    return render_template("console/management.html", years=years)
