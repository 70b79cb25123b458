"""Console accounts and their sessions. Passwords are read from standard input, because arguments are visible in the
process list."""

import secrets
import sys
from datetime import datetime

import click

from app.cli.base import ACTOR, OPERATOR, command, deps
from app.http.addresses import join_url
from campaigns.approval_places import follow_subjects
from campaigns.network import accounts, links, second_factor
from campaigns.network.models import Manager
from campaigns.network.people import create_manager, make_first_password
from campaigns.network.roles import Role
from campaigns.network.sessions import end_session, list_sessions
from kernel.clock import SHANGHAI

roles = click.Choice([str(role) for role in Role])
_from_input = click.option(
    "--password-stdin",
    "read",
    is_flag=True,
    help="read the password from standard input; default: one generated and printed, once, that ends in a week",
)


@click.group("users")
def users() -> None:
    """Manage the accounts of the console."""


@users.command("create")
@click.argument("login")
@click.option("--role", type=roles, required=True)
@click.option("--branch", help="code of the organisation whose branch this person works in; default: all")
@click.option("--name", default="", help="what colleagues call them")
@_from_input
@command
def create(login: str, role: str, branch: str | None, name: str, read: bool) -> None:
    """Create a login for a person."""
    password = _password(read)
    with deps().db.transaction() as tx:
        manager = create_manager(tx, login, password, role, ACTOR, branch, name)
        if not read:
            make_first_password(tx, manager)
    click.echo(f"login: {manager.login}")
    if not read:
        _show(manager, password)


@users.command("list")
@command
def list_all() -> None:
    """List all accounts: login, role, branch, whether enabled."""
    with deps().db.transaction() as tx:
        rows = accounts.list_accounts(tx)
    for row in rows:
        click.echo(f"{row.login:<24} {row.role:<10} {row.branch_code or 'all':<14} {'on' if row.is_on else 'off'}")


@users.command("invite")
@click.option("--role", type=roles, required=True)
@click.option("--branch", help="code of the organisation whose branch this person will work in; default: all")
@click.option("--name", default="", help="what colleagues call them")
@command
def invite(role: str, branch: str | None, name: str) -> None:
    """Print a link with which a person creates an account with this role, once within a week."""
    with deps().db.transaction() as tx:
        link = links.invite(tx, OPERATOR, role, branch, name)
    click.echo(f"invitation {link.id}, until {_minute(link.expires_at)}:")
    click.echo(join_url(link.token))


@users.command("invitations")
@command
def list_invitations() -> None:
    """List the open invitations, newest first: id, role, branch, end, creator."""
    with deps().db.transaction() as tx:
        rows = links.list_invitations(tx)
    for row in rows:
        branch = row.branch_code or "all"
        click.echo(f"{row.id:<6} {row.role:<10} {branch:<14} {_minute(row.expires_at)}  {row.created_by}")


@users.command("revoke-invitation")
@click.argument("invitation_id", metavar="ID", type=int)
@command
def revoke_invitation(invitation_id: int) -> None:
    """End the open invitation with this ID."""
    with deps().db.transaction() as tx:
        links.revoke_invitation(tx, invitation_id, ACTOR)
    click.echo(f"invitation {invitation_id} is revoked")


@users.command("password-link")
@click.argument("login")
@command
def password_link(login: str) -> None:
    """Print a link with which the owner of LOGIN chooses another password, once within a week."""
    with deps().db.transaction() as tx:
        link = links.link_to_password(tx, OPERATOR, accounts.find_by_login(tx, login, lock=True))
    click.echo(join_url(link.token))


@users.command("reset-second-factor")
@click.argument("login")
@command
def reset_second_factor(login: str) -> None:
    """Remove the second factor of LOGIN, whose owner lost it. They set it up again."""
    with deps().db.transaction() as tx:
        second_factor.reset(tx, accounts.find_by_login(tx, login).id or 0, ACTOR)
    click.echo(f"{login} has no second factor any more")


@users.command("disable")
@click.argument("login")
@command
def disable(login: str) -> None:
    """Disable the account LOGIN. Its sessions, tokens and links end at once."""
    with deps().db.transaction() as tx:
        ended = accounts.disable(tx, login, ACTOR)
    click.echo(f"{login} is off; sessions ended: {ended.sessions}")


@users.command("enable")
@click.argument("login")
@command
def enable(login: str) -> None:
    """Enable the account LOGIN again."""
    with deps().db.transaction() as tx:
        accounts.enable(tx, login, ACTOR)
    click.echo(f"{login} is on")


@users.command("password")
@click.argument("login")
@_from_input
@command
def password(login: str, read: bool) -> None:
    """Set another password for the account LOGIN. All its sessions end at once."""
    chosen = _password(read)
    with deps().db.transaction() as tx:
        ended = accounts.set_password(tx, login, chosen, ACTOR)
        manager = accounts.find_by_login(tx, login)
        if not read:
            make_first_password(tx, manager)
    click.echo(f"sessions ended: {ended}")
    if not read:
        _show(manager, chosen)


@users.command("role")
@click.argument("login")
@click.option("--role", type=roles, required=True)
@click.option("--branch", help="code of the organisation whose branch this person works in; default: as before")
@click.option("--whole-network", is_flag=True, help="in the whole network, not in one branch")
@command
def role(login: str, role: str, branch: str | None, whole_network: bool) -> None:
    """Give the account LOGIN another role, from its next request on."""
    if branch and whole_network:
        raise click.UsageError("--branch and --whole-network exclude each other")
    with deps().db.transaction() as tx:
        before = accounts.find_by_login(tx, login, lock=True).branch_code
        accounts.set_role(tx, login, role, None if whole_network else branch or before, ACTOR)
        follow_subjects(tx)
    click.echo(f"{login} is {role}")


@click.group("sessions")
def sessions() -> None:
    """Manage the sessions of the console."""


@sessions.command("list")
@click.argument("login")
@command
def list_of(login: str) -> None:
    """List the open sessions of LOGIN, newest first: id, begin, last request, end."""
    with deps().db.transaction() as tx:
        manager = accounts.find_by_login(tx, login)
        assert manager.id is not None
        rows = list_sessions(tx, manager.id)
    for row in rows:
        click.echo(f"{row.id:<8} {_minute(row.created_at)}  {_minute(row.last_seen_at)}  {_minute(row.ends_at)}")


@sessions.command("end-all")
@click.argument("login")
@command
def end_all(login: str) -> None:
    """End all sessions of LOGIN."""
    with deps().db.transaction() as tx:
        ended = accounts.end_all_sessions(tx, login, ACTOR)
    click.echo(f"sessions ended: {ended}")


@sessions.command("end")
@click.argument("session_id", metavar="ID", type=int)
@command
def end(session_id: int) -> None:
    """End the session with this ID (see `sessions list`). Its cookie is invalid from now on."""
    with deps().db.transaction() as tx:
        end_session(tx, session_id, ACTOR)
    click.echo(f"session {session_id} is ended")


def _password(read: bool) -> str:
    if read:
        return sys.stdin.readline().rstrip("\r\n")
    return secrets.token_urlsafe(12)


def _show(manager: Manager, password: str) -> None:
    assert manager.password_until is not None
    click.echo(f"password: {password}")
    click.echo(f"valid until: {_minute(manager.password_until)}, unless its owner chooses another before")


def _minute(time: datetime) -> str:
    return time.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


COMMANDS = (users, sessions)
