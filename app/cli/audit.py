"""The audit trail on the command line."""

from datetime import datetime

import click
import orjson

from app.cli.base import command, deps, moment
from campaigns.audit_chain import head
from campaigns.audit_trail import MOST_SHOWN, AuditQuery, search
from kernel.clock import SHANGHAI
from kernel.ids import MOST_ID

_LINE = "{:<8} {:<19} {:<22} {:<26} {:<24} {:<18} {}"


@click.command("audit")
@click.option("--subject", help="what it is about, such as pot:7")
@click.option("--actor", help="a login, or token:LABEL")
@click.option("--action", help="an action such as pot.create, or its first part: pot")
@click.option("--since", type=moment, help="at this time or later")
@click.option("--until", type=moment, help="before this time")
@click.option("--branch", help="code of the organisation to whose branch the list is limited")
@click.option("--before", type=click.IntRange(1, MOST_ID), help="go on behind the entry with this id")
@click.option("--most", type=click.IntRange(1, 10_000), default=MOST_SHOWN, show_default=True)
@command
def audit(
    subject: str | None,
    actor: str | None,
    action: str | None,
    since: datetime | None,
    until: datetime | None,
    branch: str | None,
    before: int | None,
    most: int,
) -> None:
    """List who did what, newest first, and then, on stderr, the head of the audit chain."""
    query = AuditQuery(subject, actor, action, since, until, before, branch)
    with deps().db.transaction() as tx:
        page, newest = search(tx, query, most), head(tx)
    for entry in page.entries:
        at = entry.at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
        detail = orjson.dumps(entry.detail).decode()
        click.echo(
            _LINE.format(entry.id, at, entry.actor, entry.action, entry.subject, entry.address or "-", detail)
        )
    if page.before:
        click.echo(f"more with --before {page.before}", err=True)
    click.echo(f"head of the chain: block {newest.block} {newest.hash}", err=True)


COMMANDS = (audit,)
