"""The table of routes and their permitted callers."""

import click
from flask import current_app

from app.cli.base import command
from app.http.declarations import table


@click.command("routes-access")
@command
def routes_access() -> None:
    """Print who may call each route, as `docs/access.md` lists it."""
    click.echo("# Who may call a route\n")
    click.echo("Written by `flask --app wsgi routes-access`; a test compares it with the routes.\n")
    click.echo("| route | who may call it |\n|---|---|")
    for methods, route, access in table(current_app):
        click.echo(f"| `{methods} {route}` | {access} |")


COMMANDS = (routes_access,)
