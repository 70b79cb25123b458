"""Commands for the schema, the demo campaign, the books check, the explanation of a donation, and exports."""

import json
from typing import TextIO
from uuid import UUID

import click
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.engine import make_url

from app.cli.base import ACTOR, command, deps
from app.csv_file import write_csv
from app.current import settings
from app.demo.past_payments import tell_sandbox
from app.demo.seed import seed as make_demo
from app.demo.training import seed_training as make_training
from app.i18n import locale
from app.i18n.labels import ROLES, STATUSES, STEPS, word
from app.i18n.match_explanation import explain_lines
from campaigns.audit import record_audit
from campaigns.check import check_books, summary
from campaigns.donations import export as donations
from campaigns.donations.explain import explain as explain_donation
from campaigns.lifecycle.campaign import find_campaign
from kernel.money import yuan
from migrations import upgrade


@click.command("db-upgrade")
@command
def db_upgrade() -> None:
    """Upgrade the schema to the latest version."""
    deps()
    upgrade(settings().database_url)
    click.echo(f"schema is up to date: {make_url(settings().database_url).database}", err=True)


@click.command("seed")
@command
def seed() -> None:
    """Create the demo campaign once, and print its logins each time."""
    made = make_demo(deps(), settings().demo_gifts)
    if made.created and settings().sandbox and (sandbox_url := settings().stripe_api_base):
        tell_sandbox(deps(), sandbox_url)
    click.echo(f"登录 Login: {made.login} / {made.password}")
    click.echo("其他角色，密码相同 Other roles, the same password:")
    for colleague in made.colleagues:
        click.echo(f"  {colleague.login}  {word(ROLES, colleague.role)}，{colleague.place}")
    click.echo(f"伙伴平台 Partner: {made.partner} / {made.partner_secret}")


@click.command("seed-training")
@click.option("--minutes", type=int, required=True, help="how long the event takes gifts")
@click.option("--network", type=click.File(encoding="utf-8"), help="a copy of the federation's own (CSV)")
@click.option("--branch", help="where the event is held: the code of a node")
@command
def seed_training(minutes: int, network: TextIO | None, branch: str | None) -> None:
    """Create the campaign of a training site once, and print how to sign in. Refused on any other site."""
    if not (settings().training and settings().sandbox):
        raise click.UsageError("only embedded.training starts training sites")
    access = make_training(deps(), minutes, network.read() if network else "", branch)
    click.echo(json.dumps(access._asdict()))


@click.command("check-books")
@command
def check() -> None:
    """Check all invariants of the books. Print one line and exit 0, or print the faults and exit 1."""
    with deps().db.snapshot() as tx:
        faults, line = check_books(tx), summary(tx)
    if faults:
        for fault in faults:
            click.echo(fault)
        raise SystemExit(1)
    click.echo(line)


@click.command("explain")
@click.argument("donation_id", type=click.UUID)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@command
def explain(donation_id: UUID, lang: str) -> None:
    """Explain a donation: amounts, status history, and why each pot matched it."""
    with deps().db.snapshot() as tx:
        story = explain_donation(tx, donation_id)
    locale.init_app(current_app)
    with force_locale(lang):
        click.echo(f"{story.donation_id}  {story.campaign} · {story.project}")
        click.echo(f"{yuan(story.amount_minor)} {story.currency}  {word(STATUSES, story.status)} ({story.status})")
        match = {"reserved": story.reserved_minor, "captured": story.captured_minor, "held": story.held_minor}
        amounts = {name: yuan(amount) for name, amount in match.items()}
        click.echo(_("配捐：预留 %(reserved)s 元，已确认 %(captured)s 元，待复核 %(held)s 元", **amounts))
        for step in story.history:
            state = f"{word(STATUSES, step.to_status)} ({step.to_status})"
            click.echo(f"{locale.when(step.at)}  {state}  {word(STEPS, step.cause)}")
        for line in explain_lines(story):
            click.echo(line)


@click.group("export")
def export() -> None:
    """Export data without personal data."""


@export.command("donations")
@click.argument("campaign")
@command
def export_donations(campaign: str) -> None:
    """Write all donations of a campaign to standard output as CSV."""
    with deps().db.snapshot() as tx:
        campaign_id = find_campaign(tx, campaign).id or 0
        rows = donations.export_donations(tx, campaign_id)
    with deps().db.transaction() as tx:
        record_audit(tx, ACTOR, "export.donations", f"campaign:{campaign_id}", rows=len(rows))
    lines = [[*row[:-2], *(moment.isoformat() if moment else "" for moment in row[-2:])] for row in rows]
    click.echo(write_csv(donations.ExportedDonation._fields, lines).encode(), nl=False)


COMMANDS = (db_upgrade, seed, seed_training, check, explain, export)
