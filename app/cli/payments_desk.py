"""The desk for payments whose currency or amount differs from what was requested."""

from uuid import UUID

import click

from app.cli.base import ACTOR, command, deps, perform, reason_option
from campaigns.desks import payment_desk
from campaigns.donations.models import PaymentException
from campaigns.donations.payment_exceptions import ExceptionState
from kernel.paging import Page

MOST_LISTED = 200
_LINE = "{:<6} {:<10} {:<17} {:>14} {:<4} {:<36} {:<36} {}"


@click.group("payments-desk")
def payments_desk() -> None:
    """Decide payments whose currency or amount differs from what was requested."""


@payments_desk.command("list")
@click.option("--state", type=click.Choice([str(state) for state in ExceptionState]))
@command
def list_all(state: str | None) -> None:
    """List payments on the desk, undecided ones first."""
    with deps().db.transaction() as tx:
        rows, total = payment_desk.listed(tx, state, Page(1, MOST_LISTED))
    click.echo(_LINE.format("id", "state", "reason", "amount_minor", "", "donation", "payment", "decided"))
    for row in rows:
        cells = (row.id, row.state, row.reason, row.amount_minor, row.currency, row.donation_id, row.payment_intent)
        click.echo(_LINE.format(*map(str, cells), f"{row.actor} {row.note}").rstrip())
    if total > len(rows):
        click.echo(f"{total - len(rows)} more")


@payments_desk.command("take")
@click.argument("exception_id", metavar="ID", type=int)
@reason_option
@command
def take(exception_id: int, reason: str) -> None:
    """Count the payment for its donation, with the amount received."""
    _say(perform("payment.take", exception_id, reason))


@payments_desk.command("attach")
@click.argument("exception_id", metavar="ID", type=int)
@click.argument("donation", type=click.UUID)
@reason_option
@command
def attach(exception_id: int, donation: UUID, reason: str) -> None:
    """Count the payment for another, unpaid DONATION."""
    _say(perform("payment.attach", exception_id, reason, donation=str(donation)))


@payments_desk.command("refund")
@click.argument("exception_id", metavar="ID", type=int)
@reason_option
@command
def refund(exception_id: int, reason: str) -> None:
    """Request a full refund of the payment. The job `refunds` sends it."""
    _say(perform("payment.refund", exception_id, reason))


@payments_desk.command("dismiss")
@click.argument("exception_id", metavar="ID", type=int)
@reason_option
@command
def dismiss(exception_id: int, reason: str) -> None:
    """Take no action on the payment."""
    with deps().db.transaction() as tx:
        exception = payment_desk.dismiss(tx, exception_id, reason, ACTOR)
    _say(exception)


def _say(exception: PaymentException) -> None:
    click.echo(f"payment exception {exception.id} is {exception.state}")


COMMANDS = (payments_desk,)
