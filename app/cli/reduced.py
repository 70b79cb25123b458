"""The command for reduced mode."""

import click

from app.cli.base import ACTOR, command, deps
from campaigns.site_switch import REDUCED, VALUES, read_switch, turn_switch


@click.command("reduced")
@click.argument("value", type=click.Choice(VALUES), required=False)
@command
def reduced(value: str | None) -> None:
    """Show or set reduced mode. `on` serves only giving; `auto` does so while the database or Redis fails."""
    with deps().db.transaction() as tx:
        if value is not None:
            turn_switch(tx, REDUCED, value, ACTOR)
        click.echo(f"reduced mode: {read_switch(tx, REDUCED)}")


COMMANDS = (reduced,)
