"""Helpers of all commands. A refusal prints a few lines on stderr and exits with code 1, never with a traceback."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import current
from app.current import settings
from app.duties import news_of
from app.i18n.refusals.faults import program_text
from app.i18n.refusals.refusals import refusal_text
from campaigns.approval_places import place_of
from campaigns.approvals import desk
from campaigns.approvals.models import Approval
from campaigns.dependencies import Dependencies
from campaigns.network.roles import Caller, Role
from kernel.errors import Refusal
from kernel.human_input import Unreadable, read_moment
from kernel.outage import outage_of

ACTOR = "command line"
OPERATOR = Caller(ACTOR, Role.ADMIN, None, ACTOR)  # the person with shell access


def command(act: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command in the application context. Print a refusal instead of a traceback."""

    @with_appcontext
    @wraps(act)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return act(*args, **kwargs)
        except Refusal as refusal:
            refuse(refusal)
        except (DBAPIError, PoolTimeout) as error:
            if (outage := outage_of(error)) is None:
                raise
            refuse(outage)

    return guarded


class _Failed(click.ClickException):
    """An exit with code 1 and a message on stderr."""

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True, file=file)


def refuse(refusal: Refusal) -> None:
    """End the command with code and text of a refusal, then one line per invalid field."""
    lines = [f"{refusal.code}: {refusal_text(refusal, 'en')}"]
    lines += [f"  {name}: {program_text(refused)}" for name, refused in refusal.fields.items()]
    lines += [f"  ({name}: {value})" for name, value in refusal.params.items()]
    fail("\n".join(lines), refusal)


def fail(text: str, cause: Exception | None = None) -> NoReturn:
    """End the command with a text on stderr and exit code 1."""
    raise _Failed(text) from cause


def deps() -> Dependencies:
    """Return the dependencies. The command fails if no database is configured."""
    if not settings().database_url:
        raise _Failed("database_unset: start `make run`, or set DATABASE_URL")
    return current.deps()


def perform(name: str, subject: Any, reason: str = "", **arguments: Any) -> Any:
    """Perform an act in a transaction and return its result. If the act must wait for a second person, the command
    reports that and ends."""
    with deps().db.transaction() as tx:
        place = place_of(tx, name, subject, arguments)
        outcome = desk.perform(tx, deps(), OPERATOR, name, subject, place, reason, **arguments)
        if not isinstance(outcome, Approval):
            news_of(tx, place.campaign)
    if isinstance(outcome, Approval):
        click.echo(f"approval {outcome.id} waits for a second person; nothing is done yet")
        raise click.exceptions.Exit(0)
    return outcome


def moment(text: str) -> datetime:
    """Parse a time as people write it. Fails with click.BadParameter if it cannot be read."""
    try:
        return read_moment(text).at
    except Unreadable as error:
        raise click.BadParameter(program_text(error.fault)) from error


reason_option = click.option("--reason", required=True, help="why; it goes into the audit trail")
existing_file = click.Path(exists=True, dir_okay=False, path_type=Path)
