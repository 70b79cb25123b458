"""Scheduled and open campaigns: extend, end early, unschedule, cancel, and act on their projects and donations."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from app.cli.base import ACTOR, command, deps, moment, perform, reason_option
from app.live.publish import publish
from campaigns.closing import cancel as cancelling
from campaigns.closing import reschedule
from campaigns.closing.give_back import next_of_provider, to_give_back
from campaigns.closing.withdraw import withdraw_entry
from campaigns.donations.refunds.refund_donor import refundable_of_donor
from campaigns.screening.freeze import hold_project_match
from kernel.db import Tx
from kernel.money import yuan
from kernel.paging import Page

MOST_LISTED = 200


def _do(act: Callable[[Tx], Any]) -> Any:
    with deps().db.transaction() as tx:
        return act(tx)


@click.group("campaigns")
def campaigns() -> None:
    """Manage scheduled and open campaigns."""


@campaigns.command("extend")
@click.argument("slug")
@click.option("--to", "ends_at", type=moment, required=True, help="the new end; without offset in Shanghai")
@reason_option
@command
def extend(slug: str, ends_at: datetime, reason: str) -> None:
    """Postpone the end of a scheduled or open campaign."""
    perform("campaign.extend", slug, reason, ends_at=ends_at.isoformat())
    click.echo(f"{slug} ends at {ends_at.isoformat()}")


@campaigns.command("end-early")
@click.argument("slug")
@reason_option
@command
def end_early(slug: str, reason: str) -> None:
    """End an open campaign now. Donors who are paying may finish."""
    _do(lambda tx: reschedule.end_early(tx, slug, reason, ACTOR))
    click.echo(f"{slug} has ended")


@campaigns.command("unschedule")
@click.argument("slug")
@reason_option
@command
def unschedule(slug: str, reason: str) -> None:
    """Return a scheduled campaign that has not opened to a draft."""
    _do(lambda tx: reschedule.unschedule(tx, slug, reason, ACTOR))
    click.echo(f"{slug} is a draft")


@campaigns.command("cancel")
@click.argument("slug")
@click.option("--reason", default="", help="why; an open campaign needs it")
@click.option("--preview", is_flag=True, help="say what would go back; change nothing")
@command
def cancel(slug: str, reason: str, preview: bool) -> None:
    """Cancel a campaign before its end. The job `close` returns all money, step by step."""
    if preview:
        left = _do(lambda tx: cancelling.find_cancellation(tx, slug)[2])
    else:
        left = perform("campaign.cancel", slug, reason)
        click.echo(f"{slug} is cancelled")
    click.echo(f"unpaid: {left.unpaid}")
    click.echo(f"paid: {left.paid} gifts of {left.donors} donors, {yuan(left.paid_minor)}")
    click.echo(f"to be given back outside: {left.outside}, {yuan(left.outside_minor)}")
    click.echo(f"match: {yuan(left.match_minor)}")


@campaigns.command("to-give-back")
@click.argument("slug")
@command
def list_to_give_back(slug: str) -> None:
    """List the gifts of a cancelled campaign that we cannot refund ourselves."""

    def listed(tx: Tx) -> Any:
        campaign, _, left = cancelling.find_cancellation(tx, slug)
        assert campaign.id is not None
        return to_give_back(tx, campaign.id, left, Page(1, MOST_LISTED))

    rows, total = _do(listed)
    for row in rows:
        click.echo(f"{row.donation_id} {row.why} {yuan(row.left_minor):>14} {row.provider} {row.reference or ''}")
    click.echo(f"{total} gifts", err=True)


@campaigns.command("given-back")
@click.argument("slug")
@click.argument("provider")
@click.option("--reason", default="", help="why; it goes into the audit trail")
@click.option("--preview", is_flag=True, help="say what would be recorded; change nothing")
@command
def provider_given_back(slug: str, provider: str, reason: str, preview: bool) -> None:
    """Record that all gifts of PROVIDER (`partner:NAME`) to a cancelled campaign were returned outside the system,
    in parts of 2,000."""
    left = None
    while left != 0:
        shown = _do(lambda tx: next_of_provider(tx, slug, provider))
        if preview:
            click.echo(f"next: {shown.donations} gifts of {provider}, {yuan(shown.left_minor)}")
            return
        left = perform("donations.given_back", slug, reason, **shown._asdict())
        click.echo(f"{shown.donations} gifts of {provider}, {yuan(shown.left_minor)}, were given back; {left} left")


@campaigns.command("withdraw-entry")
@click.argument("slug")
@click.argument("project", type=int)
@reason_option
@command
def withdraw(slug: str, project: int, reason: str) -> None:
    """Withdraw a project from a campaign if no donor has paid to it. Its unpaid donations are cancelled."""
    cancelled = _do(lambda tx: withdraw_entry(tx, slug, project, reason, ACTOR))
    click.echo(f"project {project} left {slug}; {cancelled} unpaid donations cancelled")


@campaigns.command("hold-match")
@click.argument("slug")
@click.argument("project", type=int)
@reason_option
@command
def hold_match(slug: str, project: int, reason: str) -> None:
    """Put all captured match of a project on hold, as cases for a reviewer."""

    def hold(tx: Tx) -> Any:
        held = hold_project_match(tx, slug, project, reason, ACTOR)
        tx.after_commit(lambda: publish({held.campaign_id}))
        return held

    held = _do(hold)
    click.echo(
        f"{held.cases_opened} cases opened over {yuan(held.held_minor)}; {held.cases_decided} decided before"
    )


@click.group("donations")
def donations() -> None:
    """Refund everything that a donor gave, and record gifts returned outside the system."""


@donations.command("refund-all-of-donor")
@click.argument("donation", type=click.UUID)
@click.option("--reason", default="", help="why; it goes into the audit trail")
@click.option("--preview", is_flag=True, help="say what would be refunded; change nothing")
@command
def refund_all_of_donor(donation: UUID, reason: str, preview: bool) -> None:
    """Request refunds of everything that the donor of DONATION gave in its campaign."""
    if preview:
        gifts = _do(lambda tx: refundable_of_donor(tx, donation))
        due = [each for each in gifts if not each.refused]
        click.echo(f"{len(due)} donations, {yuan(sum(each.left_minor for each in due))}")
        skipped = [each for each in gifts if each.refused]
    else:
        refunds, skipped = perform("donation.refund_donor", donation, reason)
        click.echo(f"{len(refunds)} refunds requested, {yuan(sum(refund.amount_minor for refund in refunds))}")
    for each in skipped:
        click.echo(f"left: {each.donation_id} {each.refused}")


@donations.command("given-back")
@click.argument("donation", type=click.UUID)
@reason_option
@command
def given_back(donation: UUID, reason: str) -> None:
    """Record that a gift of a cancelled campaign was returned outside the system."""
    amount_minor = perform("donation.given_back", donation, reason)
    click.echo(f"{yuan(amount_minor)} of {donation} were given back")


COMMANDS = (campaigns, donations)
