"""Donors: maintenance of the keys by which they are recognised."""

import click

from app.cli.base import ACTOR, command, deps
from campaigns.donations.rekey import rekey_donors
from campaigns.screening.rekey import follow_new_keys


@click.command("rekey-donors")
@command
def rekey() -> None:
    """Recompute donors' keys from their sealed contacts, so that one donor has one key. Safe to repeat."""
    result = rekey_donors(deps(), ACTOR, follow_new_keys)
    click.echo(f"{result.changed} keys changed, {result.kept} kept apart because of a cap")


COMMANDS = (rekey,)
