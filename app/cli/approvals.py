"""Approvals of acts that need a second person, decided on the command line."""

import click
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _

from app.cli.base import OPERATOR, command, deps
from app.duties import news_of
from app.i18n import locale
from app.i18n.approvals import approval_text
from campaigns.approvals import desk
from campaigns.approvals.models import ApprovalState
from campaigns.approvals.names import names_of
from kernel.clock import SHANGHAI
from kernel.paging import Page

MOST_LISTED = 200
_LINE = "{:<6} {:<9} {:<17} {:<20} {}"


@click.group("approvals")
def approvals() -> None:
    """Decide about acts that need a second person."""


@approvals.command("list")
@click.option("--state", type=click.Choice([str(state) for state in ApprovalState]))
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@command
def list_all(state: str | None, lang: str) -> None:
    """List approvals, waiting ones first."""
    with deps().db.transaction() as tx:
        rows, total = desk.listed(tx, state, page=Page(1, MOST_LISTED))
        names = names_of(tx, rows)
    locale.init_app(current_app)
    with force_locale(lang):
        click.echo(_LINE.format(_("编号"), _("状态"), _("期限"), _("申请人"), _("事项")))
        for row in rows:
            until = row.until.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
            reason = f" ({' '.join(row.reason.split())})" if row.reason else ""
            click.echo(
                _LINE.format(f"{row.id}", row.state, until, row.asked_by, approval_text(row, names) + reason)
            )
        if total > len(rows):
            click.echo(_("未列出：%(count)s", count=total - len(rows)))


@approvals.command("approve")
@click.argument("approval_id", metavar="ID", type=int)
@click.option("--note", default="")
@command
def approve(approval_id: int, note: str) -> None:
    """Approve an act. It is performed now."""
    with deps().db.transaction() as tx:
        approval = desk.approve(tx, deps(), OPERATOR, approval_id, note)
        news_of(tx, approval.campaign)
    click.echo(f"approval {approval_id} is approved, and its act done")


@approvals.command("decline")
@click.argument("approval_id", metavar="ID", type=int)
@click.option("--note", required=True, help="why; who asked reads it")
@command
def decline(approval_id: int, note: str) -> None:
    """Decline an act. Nothing is done."""
    with deps().db.transaction() as tx:
        desk.decline(tx, OPERATOR, approval_id, note)
    click.echo(f"approval {approval_id} is declined")


COMMANDS = (approvals,)
