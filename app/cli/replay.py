"""Verification of matching: replaying the stored rules and books must reproduce every stored decision."""

import click

from app.cli.base import command, deps
from campaigns.donations.facts.replay import replay
from campaigns.lifecycle.campaign import find_campaign, list_slugs
from matching.replay import ReplayResult


@click.command("replay-matching")
@click.argument("campaign", required=False)
@command
def replay_matching(campaign: str | None) -> None:
    """Replay all decisions of a campaign, or of all campaigns. Print one line each and exit 0, or print the
    differences and exit 1."""
    with deps().db.transaction() as tx:
        named = [find_campaign(tx, campaign).slug] if campaign else None
        slugs = named or list_slugs(tx)
    results = [_replay(slug) for slug in slugs]
    if any(result.differing for result in results):
        raise SystemExit(1)


def _replay(slug: str) -> ReplayResult:
    result = replay(deps(), slug)
    for difference in result.differences:
        click.echo(f"{slug}: {difference}")
    click.echo(f"{slug}: {result.decisions} decisions replayed, {result.differing} differences")
    return result


COMMANDS = (replay_matching,)
