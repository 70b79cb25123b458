"""Refund requests of donors."""

import click

from app.cli.base import ACTOR, command, deps, perform
from campaigns.desks import refund_desk
from kernel.paging import Page

MOST_LISTED = 200
_LINE = "{:<6} {:<9} {:<36} {:>14} {:>14} {:<10} {}"


@click.group("refund-requests")
def refund_requests() -> None:
    """Decide refund requests of donors."""


@refund_requests.command("list")
@click.option("--state", type=click.Choice(refund_desk.REQUEST_STATES))
@command
def list_all(state: str | None) -> None:
    """List requests, open ones first. A request without an amount is for the whole remaining amount."""
    with deps().db.transaction() as tx:
        rows, total = refund_desk.listed(tx, deps().keys, state, page=Page(1, MOST_LISTED))
    click.echo(_LINE.format("id", "state", "donation", "donated_minor", "amount_minor", "refund", "reason"))
    for row in rows:
        cells = (row.id, row.state, row.donation_id, row.donated_minor, row.amount_minor or "all", row.refund_state)
        click.echo(_LINE.format(*map(str, cells), " ".join(row.reason.split())).rstrip())
    if total > len(rows):
        click.echo(f"{total - len(rows)} more")


@refund_requests.command("accept")
@click.argument("request_id", metavar="ID", type=int)
@click.option("--reason", default="", help="a word to the donor, if any")
@command
def accept(request_id: int, reason: str) -> None:
    """Accept a request. The job `refunds` sends the refund."""
    request = perform("refund_request.accept", request_id, reason)
    click.echo(f"refund request {request.id} is {request.state}")


@refund_requests.command("decline")
@click.argument("request_id", metavar="ID", type=int)
@click.option("--reason", required=True, help="why; the donor reads it")
@command
def decline(request_id: int, reason: str) -> None:
    """Decline a request."""
    with deps().db.transaction() as tx:
        request = refund_desk.decline(tx, request_id, reason, ACTOR)
        line = f"refund request {request.id} is {request.state}"
    click.echo(line)


COMMANDS = (refund_requests,)
