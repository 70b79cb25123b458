"""Donors: export or erase the data held about a person, and recompute the keys by which donors are recognised."""

import json
import sys
from uuid import UUID

import click

from app.cli.base import ACTOR, command, deps
from app.http.problems import plain
from campaigns.donations.donors.rekey import rekey_donors
from campaigns.privacy.erase import erase
from campaigns.privacy.export import export
from campaigns.privacy.person import Person, person_by_contact, person_of_donation
from campaigns.privacy.seal_stored import seal_stored
from campaigns.screening.rekey import follow_new_keys
from kernel.db import Tx

_donation = click.option(
    "--donation",
    type=click.UUID,
    help="a donation of the person; default: a phone number or e-mail address is read",
)


@click.group("donors")
def donors() -> None:
    """Manage the data held about a person. Phone numbers and e-mail addresses are read from standard input, because
    arguments are visible in the process list."""


@donors.command("export")
@_donation
@command
def export_one(donation: UUID | None) -> None:
    """Print all data held about a person, as JSON."""
    contact = _contact(donation)
    with deps().db.transaction() as tx:
        exported = export(deps(), tx, _person(tx, donation, contact), ACTOR)
    click.echo(json.dumps(plain(exported), ensure_ascii=False, indent=2))


@donors.command("erase")
@_donation
@click.option("--yes", is_flag=True, help="do not ask")
@command
def erase_one(donation: UUID | None, yes: bool) -> None:
    """Erase a person permanently: name, contact, messages and words to staff. Donations and books stay."""
    contact = _contact(donation)
    with deps().db.transaction() as tx:
        count = len(_person(tx, donation, contact).donations)
    if not yes:
        click.confirm(f"erase the person of {count} donations for good?", abort=True, err=True)
    with deps().db.transaction() as tx:
        erased = erase(deps(), tx, _person(tx, donation, contact), ACTOR, "command")
    click.echo(f"{erased.donations} donations and {erased.messages} stored messages name nobody any more")


def _contact(donation: UUID | None) -> str:
    if donation is not None:
        return ""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return str(click.prompt("phone number or e-mail address", prompt_suffix=": ", err=True)).strip()


def _person(tx: Tx, donation: UUID | None, contact: str) -> Person:
    if donation is not None:
        return person_of_donation(tx, donation)
    return person_by_contact(tx, deps().keys, contact)


@click.command("rekey-donors")
@command
def rekey() -> None:
    """Recompute donors' keys from their sealed contacts, so that one donor has one key. Safe to repeat."""
    while seal_stored(deps()):
        pass  # seal contacts of earlier versions first
    result = rekey_donors(deps(), ACTOR, follow_new_keys)
    click.echo(f"{result.changed} keys changed, {result.kept} kept apart because of a cap")


COMMANDS = (donors, rekey)
