"""Pots of match money: pause and resume them, and open, postpone or withdraw their tranches."""

from datetime import datetime

import click

from app.cli.base import ACTOR, command, deps, moment, perform, reason_option
from campaigns import pots as pots_of_campaigns
from campaigns.disclosure.totals import pot_views
from campaigns.lifecycle.campaign import find_campaign
from kernel.clock import SHANGHAI
from kernel.money import yuan
from matching.tranches import tranches

_LINE = "{:<8} {:<10} {:>14} {:<17} {}"


@click.group("pots")
def pots() -> None:
    """Manage pots of match money."""


@pots.command("list")
@click.argument("campaign")
@command
def list_pots(campaign: str) -> None:
    """List the pots of a campaign, each with its tranches."""
    with deps().db.transaction() as tx:
        campaign_id = find_campaign(tx, campaign).id
        assert campaign_id is not None
        views, parts, now = pot_views(tx, campaign_id), tranches(tx, campaign_id), tx.now
    click.echo(_LINE.format("id", "state", "yuan", "opens", "name"))
    for pot in views:
        state = "paused" if pot.paused else "locked" if pot.locked else "open"
        free = yuan(pot.available_minor + pot.paused_minor)
        click.echo(_LINE.format(f"{pot.id}", state, free, "", pot.name))
        for part in parts.get(pot.id, []):
            opens_at = part.opens_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
            click.echo(_LINE.format(f"  {part.id}", part.state(now), yuan(part.amount_minor), opens_at, ""))


@pots.command("pause")
@click.argument("pot", type=int)
@reason_option
@command
def pause(pot: int, reason: str) -> None:
    """Stop a pot from giving new match until it is resumed."""
    with deps().db.transaction() as tx:
        pots_of_campaigns.pause(tx, pot, reason, ACTOR)
    click.echo(f"pot {pot} is paused")


@pots.command("resume")
@click.argument("pot", type=int)
@reason_option
@command
def resume(pot: int, reason: str) -> None:
    """Let a paused pot match again."""
    with deps().db.transaction() as tx:
        pots_of_campaigns.resume(tx, pot, reason, ACTOR)
    click.echo(f"pot {pot} matches again")


@pots.command("open-tranche")
@click.argument("pot", type=int)
@click.argument("tranche", type=int)
@reason_option
@command
def open_tranche(pot: int, tranche: int, reason: str) -> None:
    """Open a tranche now, before its time."""
    _move(pot, tranche, None, reason)


@pots.command("move-tranche")
@click.argument("pot", type=int)
@click.argument("tranche", type=int)
@click.option("--to", "opens_at", type=moment, required=True, help="the new time; without offset in Shanghai")
@reason_option
@command
def move_tranche(pot: int, tranche: int, opens_at: datetime, reason: str) -> None:
    """Change the opening time of an unopened tranche."""
    _move(pot, tranche, opens_at, reason)


def _move(pot: int, tranche: int, opens_at: datetime | None, reason: str) -> None:
    with deps().db.transaction() as tx:
        moved = pots_of_campaigns.move_tranche(tx, pot, tranche, opens_at, reason, ACTOR)
        when = (opens_at or tx.now).astimezone(SHANGHAI).isoformat(timespec="seconds")
    click.echo(f"tranche {tranche} ({yuan(moved.amount_minor)}) opens at {when}")


@pots.command("withdraw-tranche")
@click.argument("pot", type=int)
@click.argument("tranche", type=int)
@reason_option
@command
def withdraw_tranche(pot: int, tranche: int, reason: str) -> None:
    """Withdraw an unopened tranche. Its money returns to the fund."""
    amount = yuan(perform("pot.withdraw_tranche", pot, reason, tranche=tranche).amount_minor)
    click.echo(f"tranche {tranche} ({amount}) went back to the fund")


COMMANDS = (pots,)
