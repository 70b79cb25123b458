"""Proof of matching: every stored decision must come out again from the stored rules and the books."""

import click

from app.cli.base import command, engine
from campaigns.events.campaigns import find
from campaigns.projects.projects import targets
from matching.replay import Replayed, replay


@click.command("replay-matching")
@click.argument("campaign", required=False)
@command
def replay_matching(campaign: str | None) -> None:
    """Replay all decisions of a campaign (or of all): one line each and exit 0, or the differences and exit 1."""
    with engine().db.transaction() as tx:
        named = [find(tx, campaign).slug] if campaign else None
        slugs = named or [row[0] for row in tx.rows("SELECT slug FROM campaign ORDER BY id")]
    results = [_replay(slug) for slug in slugs]
    if any(one.differing for one in results):
        raise SystemExit(1)


def _replay(slug: str) -> Replayed:
    with engine().db.transaction() as tx:
        tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        found = replay(tx, find(tx, slug).id or 0, lambda ids: targets(tx, ids))
    for difference in found.differences:
        click.echo(f"{slug}: {difference}")
    click.echo(f"{slug}: {found.decisions} decisions replayed, {found.differing} differences")
    return found


COMMANDS = (replay_matching,)
