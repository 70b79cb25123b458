"""The inbox: messages from outside that need an operator. Bodies are never shown."""

from uuid import UUID

import click

from app.cli.base import ACTOR, command, deps
from campaigns.desks import inbox_desk
from kernel.clock import SHANGHAI
from kernel.money import yuan
from kernel.paging import Page

_LINE = "{:<8} {:<17} {:<20} {:<28} {:>14} {:<9} {:<30} {}"


@click.group("inbox")
def inbox() -> None:
    """Manage messages of providers and partners that wait or are flagged."""


@inbox.command("list")
@click.option("--state", type=click.Choice(inbox_desk.INBOX_STATES), help="default: waiting and flagged")
@click.option("--source", help="stripe, or partner:NAME")
@click.option("--page", type=click.IntRange(1, 10**6), default=1, show_default=True)
@command
def list_messages(state: str | None, source: str | None, page: int) -> None:
    """List messages, oldest first, 100 per page."""
    with deps().db.transaction() as tx:
        rows, total = inbox_desk.list_messages(tx, state, source, Page(page, 100))
    if rows:
        click.echo(_LINE.format("id", "received", "source", "type", "amount", "state", "note", "event"))
    for row in rows:
        at = row.received_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
        amount = "-" if row.amount_minor is None else f"{yuan(row.amount_minor)} {row.currency}"
        click.echo(_LINE.format(row.id, at, row.source, row.type, amount, row.state, row.note, row.event_id))
    click.echo(f"{total} messages", err=True)


@inbox.command("retry")
@click.argument("message_id", metavar="[ID]", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="all that wait")
@click.option("--confirm", is_flag=True, help="release a gift above its partner's limits")
@click.option("--reason", default="", help="needed with --confirm")
@command
def retry(message_id: int | None, everything: bool, confirm: bool, reason: str) -> None:
    """Process a message again, within seconds."""
    if (message_id is None) != everything:
        raise click.UsageError("give an ID or --all")
    with deps().db.transaction() as tx:
        due = inbox_desk.retry_waiting(tx, ACTOR, message_id, confirm=confirm, reason=reason)
    click.echo(f"{due} due")


@inbox.command("attach")
@click.argument("message_id", metavar="ID", type=int)
@click.argument("donation", type=click.UUID)
@command
def attach(message_id: int, donation: UUID) -> None:
    """Attach a payment of the provider to its donation."""
    with deps().db.transaction() as tx:
        inbox_desk.attach(tx, ACTOR, message_id, donation)
    click.echo(f"message {message_id} is attached to {donation}")


@inbox.command("dismiss")
@click.argument("message_id", metavar="ID", type=int)
@click.option("--reason", required=True)
@command
def dismiss(message_id: int, reason: str) -> None:
    """Dismiss a message, with a reason. It has no effect and raises no alarm."""
    with deps().db.transaction() as tx:
        inbox_desk.dismiss(tx, ACTOR, message_id, reason)
    click.echo(f"message {message_id} is dismissed")


COMMANDS = (inbox,)
