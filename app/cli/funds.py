"""Commands for the statements of funds, and corrections of deposits."""

import click

from app.cli.base import command, deps, perform, reason_option
from campaigns.funds import funds as funds_of_federation
from campaigns.funds.statement import statement
from kernel.clock import SHANGHAI
from kernel.money import MAX_MINOR, yuan
from kernel.paging import Page

MOST_LISTED = 200
_LINE = "{:<17} {:<18} {:>16} {:>16}  {}"


@click.group("funds")
def funds() -> None:
    """Manage the funds that fill pots."""


@funds.command("list")
@command
def list_all() -> None:
    """List all funds: id, free money in yuan, owner, name."""
    with deps().db.transaction() as tx:
        rows = funds_of_federation.list_funds(tx)
    for row in rows:
        click.echo(
            f"{row.id:<6} {yuan(row.balance_minor):>16}  {row.organisation_code or 'federation':<14} {row.name}"
        )


@funds.command("entries")
@click.argument("fund", type=int)
@command
def list_entries(fund: int) -> None:
    """List the newest movements of a fund: time, kind, yuan, balance afterwards, deposit and reference or pot."""
    with deps().db.transaction() as tx:
        lines, total = statement(tx, fund, Page(1, MOST_LISTED))
    for line in lines:
        about = f"pot {line.pot_id}" if line.pot_id else ""
        if line.entry_id:
            about = f"{line.corrects_id or line.entry_id} {line.reference} {line.reason}".rstrip()
        booked_at = line.booked_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        click.echo(_LINE.format(booked_at, line.kind, yuan(line.amount_minor), yuan(line.balance_minor), about))
    if total > len(lines):
        click.echo(f"{total - len(lines)} more")


@funds.command("correct-deposit")
@click.argument("deposit", type=int)
@click.option(
    "--amount-minor", type=click.IntRange(0, MAX_MINOR), required=True, help="what really came in, in fen"
)
@reason_option
@command
def correct_deposit(deposit: int, amount_minor: int, reason: str) -> None:
    """Correct a deposit (see `funds entries`) to the amount received, with another entry."""
    corrected = perform("fund.correct_deposit", deposit, reason, amount_minor=amount_minor)
    click.echo(
        f"deposit {deposit}: {yuan(corrected.before_minor)} is now {yuan(corrected.amount_minor)} yuan;"
        f" the fund has {yuan(corrected.balance_minor)}"
    )


COMMANDS = (funds,)
