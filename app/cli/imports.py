"""Files from outside: the network and partners' bills. All rows are taken or none, each bad one is named."""

from pathlib import Path

import click

from app.cli.base import ACTOR, command, deps, existing_file, text_of
from campaigns.closing.import_statement import import_statement as take_bill
from campaigns.donations.offline_import import import_donations as take_donations
from campaigns.network.import_tree import import_tree
from campaigns.network.tree_file import read


@click.command("import-network")
@click.argument("file", type=existing_file)
@command
def import_network(file: Path) -> None:
    """Take the tree of organisations from a CSV file."""
    nodes = read(text_of(file))
    with deps().db.transaction() as tx:
        done = import_tree(tx, nodes, ACTOR)
    click.echo(f"{len(nodes)} organisations: {done.added} new, {done.renamed} renamed, {done.unchanged} unchanged")


@click.command("import-statement")
@click.argument("provider")
@click.argument("file", type=existing_file)
@command
def import_statement(provider: str, file: Path) -> None:
    """Take a partner's daily bill from a CSV file."""
    text = text_of(file)
    with deps().db.transaction() as tx:
        click.echo(f"{take_bill(tx, provider, text, ACTOR)} new lines")


@click.command("import-donations")
@click.argument("file", type=existing_file)
@command
def import_donations(file: Path) -> None:
    """Take offline donations from a CSV file: reference, project_code, amount_yuan, paid_at, donor?, donor_name?"""
    text = text_of(file)
    with deps().db.transaction() as tx:
        click.echo(f"{take_donations(tx, deps(), text, ACTOR)} new donations; they settle within seconds")


COMMANDS = (import_network, import_statement, import_donations)
