"""Screening of a whole campaign."""

import click

from app.cli.base import ACTOR, command, deps
from app.live.publish import publish
from campaigns.screening.review import review


@click.command("screen")
@click.argument("campaign")
@command
def screen(campaign: str) -> None:
    """Screen all paid donations of an ended campaign (its slug). This opens cases and decides nothing."""
    done = review(deps(), campaign, ACTOR, publish)
    click.echo(f"{done.donations} donations looked at, {done.opened} cases opened, {done.open} open")


COMMANDS = (screen,)
