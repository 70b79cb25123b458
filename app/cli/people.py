"""Access of programs and partner platforms. Secrets are printed once, on standard output."""

from datetime import datetime

import click

from app.cli.accounts import roles
from app.cli.base import ACTOR, command, deps
from campaigns.audit import record_audit
from campaigns.intake.partner_limits import change_limits
from campaigns.network.tokens import create_token, list_tokens, revoke_token
from kernel.clock import SHANGHAI
from kernel.money import MAX_MINOR
from payments.partners import create as register


@click.group("tokens")
def tokens() -> None:
    """Tokens of programs for the manager API."""


@tokens.command("create")
@click.option("--role", type=roles, required=True)
@click.option("--branch", help="code of the organisation to whose branch its rights are confined; default: all")
@click.option("--label", default="command line", show_default=True, help="what it is for")
@command
def create(role: str, branch: str | None, label: str) -> None:
    """Create a token and print it, once."""
    with deps().db.transaction() as tx:
        token = create_token(tx, role, label, ACTOR, branch)
    click.echo(token)


@tokens.command("list")
@command
def list_all() -> None:
    """List all tokens, the newest first: id, role, branch, state, when they were made, and what they are for."""
    with deps().db.transaction() as tx:
        rows = list_tokens(tx)
    for row in rows:
        state = f"revoked {_minute(row.revoked_at)}" if row.revoked_at else "active"
        branch = row.branch_code or "all"
        click.echo(f"{row.id:<6} {row.role:<10} {branch:<14} {state:<24} {_minute(row.created_at)}  {row.label}")


@tokens.command("revoke")
@click.argument("token_id", metavar="ID", type=int)
@command
def revoke(token_id: int) -> None:
    """Revoke the token with this ID (see `tokens list`): it is refused from the next request on."""
    with deps().db.transaction() as tx:
        revoke_token(tx, token_id, ACTOR)
    click.echo(f"token {token_id} is revoked")


def _minute(time: datetime) -> str:
    return time.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


@click.group("partners")
def partners() -> None:
    """Manage the platforms that push donations."""


@partners.command("create")
@click.argument("name")
@click.option("--title", default="", help="how people call it")
@click.option("--project", "projects", multiple=True, help="code of a project it may raise money for; default: any")
@click.option("--no-statement", is_flag=True, help="no event waits for its bill when it sent no gifts")
@command
def create_partner(name: str, title: str, projects: tuple[str, ...], no_statement: bool) -> None:
    """Register a platform and print its signing secret, once."""
    with deps().db.transaction() as tx:
        chosen = list(projects) or None
        secret = register(tx, deps().keys, name, title, chosen, statement_expected=not no_statement)
        record_audit(tx, ACTOR, "partner.create", f"partner:{name}")
    click.echo(secret)


@partners.command("limits")
@click.argument("name")
@click.option("--gift-minor", type=click.IntRange(1, MAX_MINOR), help="most of one donation, in fen")
@click.option("--day-minor", type=click.IntRange(1, MAX_MINOR), help="most of one day, in fen")
@click.option("--day-count", type=click.IntRange(1, MAX_MINOR), help="most donations of one day")
@click.option("--default", "reset", is_flag=True, help="set the others back to the installation's defaults")
@command
def set_partner_limits(
    name: str, gift_minor: int | None, day_minor: int | None, day_count: int | None, reset: bool
) -> None:
    """Set and print a platform's limits: what is above them waits in the inbox, uncounted."""
    values = {"gift_most_minor": gift_minor, "day_most_minor": day_minor, "day_most_count": day_count}
    changes = {column: value for column, value in values.items() if reset or value is not None}
    with deps().db.transaction() as tx:
        partner = change_limits(tx, name, changes, ACTOR)
    for column in values:
        value = getattr(partner, column)
        click.echo(f"{column}: {'default' if value is None else value}")


COMMANDS = (tokens, partners)
