"""Proof of matching: every stored decision must come out again from the stored rules and the books."""

import click

from app.cli.base import command, deps
from campaigns.donations.replay import replay
from campaigns.lifecycle.campaign import find_campaign, list_slugs
from matching.replay import ReplayResult


@click.command("replay-matching")
@click.argument("campaign", required=False)
@command
def replay_matching(campaign: str | None) -> None:
    """Replay all decisions of a campaign (or of all): one line each and exit 0, or the differences and exit 1."""
    with deps().db.transaction() as tx:
        named = [find_campaign(tx, campaign).slug] if campaign else None
        slugs = named or list_slugs(tx)
    results = [_replay(slug) for slug in slugs]
    if any(one.differing for one in results):
        raise SystemExit(1)


def _replay(slug: str) -> ReplayResult:
    found = replay(deps(), slug)
    for difference in found.differences:
        click.echo(f"{slug}: {difference}")
    click.echo(f"{slug}: {found.decisions} decisions replayed, {found.differing} differences")
    return found


COMMANDS = (replay_matching,)
