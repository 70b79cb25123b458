"""Imports of CSV files. All rows of a file are imported or none; each bad row is named."""

from pathlib import Path
from typing import Any

import click
from flask_babel import gettext as _

from app.cli.base import ACTOR, command, deps, existing_file
from app.cli.file_reports import FileReport, Sum, lang_option, refusals_in, show
from campaigns.closing.import_statement import check_statement
from campaigns.closing.import_statement import import_statement as import_lines
from campaigns.intake.offline_import import Confirmation, OfflinePlan, plan_import
from campaigns.intake.offline_import import import_donations as import_offline
from campaigns.network.import_tree import import_tree
from campaigns.network.tree_file import read
from payments.bill import Bill
from payments.statements import contradictions

preview_option = click.option(
    "--preview", is_flag=True, help="Say what is understood of the file and what is wrong; import nothing."
)


@click.command("import-network")
@click.argument("file", type=existing_file)
@lang_option
@command
def import_network(file: Path, lang: str | None) -> None:
    """Import the tree of organisations from a CSV file."""
    with refusals_in(lang):
        nodes = read(file.read_bytes())
        with deps().db.transaction() as tx:
            done = import_tree(tx, nodes, ACTOR)
    click.echo(f"{len(nodes)} organisations: {done.added} new, {done.renamed} renamed, {done.unchanged} unchanged")


@click.command("import-statement")
@click.argument("provider")
@click.argument("file", type=existing_file)
@preview_option
@lang_option
@command
def import_statement(provider: str, file: Path, preview: bool, lang: str | None) -> None:
    """Import a partner's daily bill from a CSV file: our format, or that of Alipay or WeChat Pay."""
    data = file.read_bytes()
    with refusals_in(lang), deps().db.transaction() as tx:
        if preview:
            bill = check_statement(tx, provider, data)
            report = _bill_report(bill, contradictions(tx, list(bill.lines.values())))
        else:
            added = import_lines(tx, provider, data, ACTOR)
    if preview:
        show(report, lang)
    else:
        click.echo(f"{added} new lines")


@click.command("import-donations")
@click.argument("file", type=existing_file)
@preview_option
@lang_option
@click.option("--allow-large", is_flag=True, help="Take gifts above the maximum; needs --reason.")
@click.option("--reason", default="", help="Why large gifts are right, or why earlier gifts are taken back.")
@click.option("--entered-by", default=ACTOR, help="Who entered the file.")
@click.option("--confirmed-by", default="", help="The second person, who confirms corrections.")
@command
def import_donations(file: Path, preview: bool, lang: str | None, **options: Any) -> None:
    """Import offline donations from a CSV: reference, project_code, amount_yuan, paid_at, and, if known, donor,
    donor_name. A negative amount takes back an earlier gift: corrects (its reference), reason."""
    data = file.read_bytes()
    confirmation = Confirmation(
        options["entered_by"], options["confirmed_by"], options["reason"], options["allow_large"]
    )
    with refusals_in(lang), deps().db.transaction() as tx:
        if preview:
            plan = plan_import(tx, deps(), data, confirmation)
        else:
            added = import_offline(tx, deps(), data, ACTOR, confirmation)
    if preview:
        show(_offline_report(plan), lang)
    else:
        click.echo(f"{added} new donations; they settle within seconds")


def _offline_report(plan: OfflinePlan) -> FileReport:
    new = {row.reference for row in plan.new}
    gifts = [row for row in plan.file.rows if not row.corrects and row.reference in new]
    corrections = [row for row in plan.file.rows if row.corrects and row.reference in new]
    known = [row for row in plan.file.rows if row.reference not in new]
    sums = (
        Sum(lambda: _("新的捐赠"), len(gifts), sum(row.amount_minor for row in gifts)),
        Sum(lambda: _("更正"), len(corrections), sum(row.amount_minor for row in corrections)),
        Sum(lambda: _("以前导入过的"), len(known), sum(row.amount_minor for row in known)),
    )
    times = [row.paid.at for row in plan.file.rows]
    faults = {**plan.faults, **plan.contradictions}
    return FileReport(plan.file.table, plan.file.table.skipped, sums, times, faults)


def _bill_report(bill: Bill, contradicting: Any) -> FileReport:
    lines = list(bill.lines.values())

    def amount(*kinds: str) -> tuple[int, int]:
        amounts = [line.amount_minor for line in lines if line.kind in kinds]
        return len(amounts), sum(amounts)

    fees = [line.fee_minor for line in lines if line.fee_minor]
    sums = (
        Sum(lambda: _("收款"), *amount("charge")),
        Sum(lambda: _("退款"), *amount("refund")),
        Sum(lambda: _("其他"), *amount("fee", "payout", "dispute", "other")),
        Sum(lambda: _("手续费"), len(fees), sum(fees)),
    )
    times = [line.occurred_at for line in lines]
    return FileReport(bill.table, bill.skipped, sums, times, {**bill.faults, **contradicting})


COMMANDS = (import_network, import_statement, import_donations)
