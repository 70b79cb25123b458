"""Access of programs and partner platforms. Secrets are printed once, on standard output."""

from datetime import datetime, timedelta

import click

from app.cli.accounts import roles
from app.cli.base import ACTOR, command, deps, moment
from campaigns.closing.reconciliation.empty_days import record_empty_day
from campaigns.intake import registered
from campaigns.intake.check_list import check_list
from campaigns.intake.partner_limits import change_limits
from campaigns.intake.partner_states import change_state
from campaigns.network.accounts import find_by_login
from campaigns.network.roles import Permission
from campaigns.network.tokens import TokenRow, TokenTerms, create_token, list_tokens, revoke_token
from kernel.clock import SHANGHAI
from kernel.money import MAX_MINOR
from payments.models import PartnerState
from payments.partners import partner_secrets
from payments.partners.partners import LIMITS, known

MOST_DAYS = 3_650
_scopes = click.Choice([str(permission) for permission in Permission])


@click.group("tokens")
def tokens() -> None:
    """Manage the tokens of programs for the manager API."""


@tokens.command("create")
@click.option("--role", type=roles, required=True)
@click.option("--branch", help="code of the organisation to whose branch its rights are confined; default: all")
@click.option("--label", default="command line", show_default=True, help="what it is for")
@click.option(
    "--scope", "scopes", multiple=True, type=_scopes, help="a permission of the role; default: all of them"
)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="how long it lasts; default: until it is revoked")
@click.option("--owner", metavar="LOGIN", help="the account with which it ends; default: none")
@command
def create(
    role: str, branch: str | None, label: str, scopes: tuple[str, ...], days: int | None, owner: str | None
) -> None:
    """Create a token and print it, once."""
    with deps().db.transaction() as tx:
        owner_id = find_by_login(tx, owner).id if owner else None
        ends = tx.now + timedelta(days=days) if days else None
        token = create_token(tx, role, label, ACTOR, branch, TokenTerms(scopes or None, ends, owner_id))
    click.echo(token)


@tokens.command("list")
@command
def list_all() -> None:
    """List all tokens, newest first: id, role, branch, state, when they were created and last used, their purpose,
    owner and scopes."""
    with deps().db.transaction() as tx:
        rows, now = list_tokens(tx), tx.now
    for row in rows:
        used = _minute(row.last_used_at) if row.last_used_at else "never used"
        branch, owner = row.branch_code or "all", f" of {row.owner}" if row.owner else ""
        times = f"{_state(row, now):<24} {_minute(row.created_at)}  {used:<16}"
        only = f" ({', '.join(row.scopes)})" if row.scopes else ""
        click.echo(f"{row.id:<6} {row.role:<10} {branch:<14} {times}  {row.label}{owner}{only}")


@tokens.command("revoke")
@click.argument("token_id", metavar="ID", type=int)
@command
def revoke(token_id: int) -> None:
    """Revoke the token with this ID (see `tokens list`). It is refused from the next request on."""
    with deps().db.transaction() as tx:
        revoke_token(tx, token_id, ACTOR)
    click.echo(f"token {token_id} is revoked")


def _state(row: TokenRow, now: datetime) -> str:
    if row.revoked_at:
        return f"revoked {_minute(row.revoked_at)}"
    if row.waits:
        return "waits"
    if row.expires_at is None:
        return "active"
    return f"{'expired' if row.expires_at <= now else 'until'} {_minute(row.expires_at)}"


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
@click.option("--test", is_flag=True, help="it begins with its test mode, and goes live after its check list")
@command
def create_partner(name: str, title: str, projects: tuple[str, ...], no_statement: bool, test: bool) -> None:
    """Register a platform and print its signing secret, once."""
    state = PartnerState.TEST if test else PartnerState.LIVE
    with deps().db.transaction() as tx:
        chosen = list(projects) or None
        secret = registered.register(
            tx, deps().keys, name, title, ACTOR, chosen, statement_expected=not no_statement, state=state
        )
    click.echo(secret)


@partners.command("state")
@click.argument("name")
@click.argument("state", type=click.Choice([state.value for state in PartnerState]), required=False)
@command
def set_partner_state(name: str, state: str | None) -> None:
    """Print the state and check list of NAME, or move it to another STATE and print the secret that it then
    gets."""
    with deps().db.transaction() as tx:
        if state is None:
            click.echo(known(tx, name).state)
            for check, passed in check_list(tx, name).items():
                click.echo(f"{check.value:<12} {_minute(passed.passed_at) if passed else 'open'}")
            return
        partner, made = change_state(tx, deps().keys, name, state, ACTOR)
    click.echo(made.secret if made else partner.state)


@partners.command("rotate-secret")
@click.argument("name")
@click.option("--old-until", type=moment, help="when the old secret ends; default: when it is ended")
@command
def rotate_secret(name: str, old_until: datetime | None) -> None:
    """Create another signing secret of NAME and print it, once. The old one stays valid beside it."""
    with deps().db.transaction() as tx:
        secret = registered.rotate_secret(tx, deps().keys, name, old_until, ACTOR)
    click.echo(secret.secret)


@partners.command("secrets")
@click.argument("name")
@command
def list_secrets(name: str) -> None:
    """List the signing secrets of NAME, newest first: id, when created, last used, end."""
    with deps().db.transaction() as tx:
        rows = partner_secrets.list_secrets(tx, known(tx, name))
    for row in rows:
        used = _minute(row.last_used_at) if row.last_used_at else "never used"
        until = f"until {_minute(row.ends_at)}" if row.ends_at else "valid"
        click.echo(f"{row.id:<6} {_minute(row.created_at)}  {used:<16}  {until}")


@partners.command("end-secret")
@click.argument("name")
@click.argument("secret_id", metavar="ID", type=int)
@command
def end_secret(name: str, secret_id: int) -> None:
    """End the signing secret of NAME with this ID (see `partners secrets`)."""
    with deps().db.transaction() as tx:
        registered.end_secret(tx, name, secret_id, ACTOR)
    click.echo(f"secret {secret_id} is ended")


@partners.command("empty-day")
@click.argument("name")
@click.argument("day", metavar="YYYY-MM-DD", type=click.DateTime(["%Y-%m-%d"]))
@command
def empty_day(name: str, day: datetime) -> None:
    """Record that NAME states that its bill of this day has no lines."""
    with deps().db.transaction() as tx:
        recorded = record_empty_day(tx, name, day.date(), ACTOR)
    click.echo(f"{recorded.provider} {recorded.day}: no lines")


@partners.command("limits")
@click.argument("name")
@click.option("--gift-minor", type=click.IntRange(1, MAX_MINOR), help="most of one donation, in fen")
@click.option("--day-minor", type=click.IntRange(1, MAX_MINOR), help="most of one day, in fen")
@click.option("--day-count", type=click.IntRange(1, MAX_MINOR), help="most donations of one day")
@click.option("--age-days", type=click.IntRange(1, 3_650), help="greatest age of a payment, in days")
@click.option("--default", "reset", is_flag=True, help="set the others back to the installation's defaults")
@command
def set_partner_limits(
    name: str,
    gift_minor: int | None,
    day_minor: int | None,
    day_count: int | None,
    age_days: int | None,
    reset: bool,
) -> None:
    """Set and print a platform's limits. Gifts above them wait in the inbox, uncounted."""
    values = dict(zip(LIMITS, (gift_minor, day_minor, day_count, age_days), strict=True))
    changes = {column: value for column, value in values.items() if reset or value is not None}
    with deps().db.transaction() as tx:
        partner = change_limits(tx, name, changes, ACTOR)
    for column in values:
        value = getattr(partner, column)
        click.echo(f"{column}: {'default' if value is None else value}")


COMMANDS = (tokens, partners)
