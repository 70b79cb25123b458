"""Samples of campaigns that auditors check. Auditors and admins draw and mark them with their own accounts."""

import click

from app.cli.base import command, deps
from campaigns.lifecycle.campaign import find_campaign
from campaigns.sampling.draw import repeat
from campaigns.sampling.marks import find_sample, samples_of


@click.group("samples")
def samples() -> None:
    """Read the samples of a campaign, and redraw them for comparison."""


@samples.command("list")
@click.argument("slug")
@command
def list_all(slug: str) -> None:
    """List the samples of a campaign, latest first."""
    with deps().db.snapshot() as tx:
        rows = samples_of(tx, find_campaign(tx, slug).id or 0)
    for row in rows:
        size = f"{row.done} of {len(row.items)} checked, {row.questions} in question"
        click.echo(f"{row.draw.number}  {row.draw.drawn_at.isoformat()}  {row.draw.actor}  {size}  {row.draw.seed}")


@samples.command("verify")
@click.argument("slug")
@click.argument("number", type=int)
@command
def verify(slug: str, number: int) -> None:
    """Draw a sample again from its seed and compare. Exit with code 1 if donations differ."""
    with deps().db.snapshot() as tx:
        sample = find_sample(tx, find_campaign(tx, slug).id or 0, number)
        again = repeat(tx, sample.draw)
    kept = [item.donation_id for item in sample.items if item.donation_id]
    same = kept == again.donations and sample.draw.list_hash == again.list_hash
    numbers = f"{sample.draw.of_donations} then, {again.of_donations} now"
    click.echo(f"donations: {'the same' if same else 'DIFFERENT'} ({numbers})")
    paid = [item.remittance_id for item in sample.items if item.remittance_id]
    if sample.draw.of_payouts == again.of_payouts:
        same = same and paid == again.payouts
        click.echo(f"payouts: {'the same' if paid == again.payouts else 'DIFFERENT'} ({again.of_payouts})")
    else:
        click.echo(f"payouts: not compared, {sample.draw.of_payouts} then, {again.of_payouts} now")
    if not same:
        raise SystemExit(1)


COMMANDS = (samples,)
