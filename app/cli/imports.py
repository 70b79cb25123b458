"""Imports of CSV files. All rows of a file are imported or none; each bad row is named."""

from pathlib import Path

import click

from app.cli.base import ACTOR, command, deps, existing_file, text_of
from campaigns.closing.import_statement import import_statement as import_lines
from campaigns.donations.offline_import import import_donations as import_offline
from campaigns.network.import_tree import import_tree
from campaigns.network.tree_file import read


@click.command("import-network")
@click.argument("file", type=existing_file)
@command
def import_network(file: Path) -> None:
    """Import the tree of organisations from a CSV file."""
    nodes = read(text_of(file))
    with deps().db.transaction() as tx:
        done = import_tree(tx, nodes, ACTOR)
    click.echo(f"{len(nodes)} organisations: {done.added} new, {done.renamed} renamed, {done.unchanged} unchanged")


@click.command("import-statement")
@click.argument("provider")
@click.argument("file", type=existing_file)
@command
def import_statement(provider: str, file: Path) -> None:
    """Import a partner's daily statement from a CSV file."""
    text = text_of(file)
    with deps().db.transaction() as tx:
        click.echo(f"{import_lines(tx, provider, text, ACTOR)} new lines")


@click.command("import-donations")
@click.argument("file", type=existing_file)
@command
def import_donations(file: Path) -> None:
    """Import offline donations from a CSV: reference, project_code, amount_yuan, paid_at, donor?, donor_name?"""
    text = text_of(file)
    with deps().db.transaction() as tx:
        click.echo(f"{import_offline(tx, deps(), text, ACTOR)} new donations; they settle within seconds")


COMMANDS = (import_network, import_statement, import_donations)
