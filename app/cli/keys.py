"""The command that rewraps data with today's FIELD_KEY after the key was replaced."""

import click

from app.cli.base import ACTOR, command, deps, fail
from campaigns.audit import record_audit
from campaigns.privacy.rewrap import rewrap


@click.group("keys")
def keys() -> None:
    """Manage the keys that protect personal data."""


@keys.command("rewrap")
@command
def rewrap_all() -> None:
    """Rewrap with FIELD_KEY what FIELD_KEY_BEFORE wrapped. Safe to repeat, and donors can give meanwhile."""
    try:
        count = rewrap(deps().db, deps().keys)
    except ValueError as error:
        fail("field_key_unknown: neither FIELD_KEY nor FIELD_KEY_BEFORE opens what is stored", error)
    with deps().db.transaction() as tx:
        record_audit(tx, ACTOR, "keys.rewrap", "keys", rows=count)
    click.echo(f"{count} keys and secrets are wrapped with FIELD_KEY; FIELD_KEY_BEFORE is no longer needed")


COMMANDS = (keys,)
