"""All manager pages."""

from flask import Flask

from app.console import (
    account,
    accounting,
    approvals,
    audit,
    donation_changes,
    donations,
    duties,
    exports,
    funds,
    home,
    imports,
    join,
    merge_node,
    money_trail,
    monthly,
    network,
    objections,
    operations,
    project_correction,
    questions,
    receipts,
    refund_requests,
    saved_views,
    second_factor,
    seek,
    sign_in,
    teams,
    three_sides,
    words,
)
from app.console.blueprint import blueprint
from app.console.campaigns import (
    analytics,
    awards,
    campaign,
    copy,
    draft,
    entries,
    live,
    notices,
    reconciliation,
    reconciliation_report,
    running,
    samples,
    simulate,
    sources,
    stop,
)
from app.console.desks import messages, payments
from app.console.money_out import agreements, fund_transfer, management, payees, plans, purpose
from app.console.people import invite, invite_file, partner_deliveries, partner_mapping, partners, people, tokens
from app.console.pots import create as create_pot
from app.console.pots import money, pot, rules
from app.console.pots import running as running_pot
from app.console.projects import blacklist, description, goods, pictures, projects, review, spending, split
from app.console.projects import create as create_project
from app.console.screening import bursts, cases, settings
from app.web.blueprint import set_up

# Importing a module of pages binds its views to the blueprint.
PAGES = (
    home,
    seek,
    sign_in,
    teams,
    objections,
    three_sides,
    questions,
    words,
    second_factor,
    join,
    account,
    campaign,
    draft,
    copy,
    entries,
    live,
    notices,
    samples,
    awards,
    analytics,
    simulate,
    reconciliation,
    reconciliation_report,
    running,
    stop,
    pot,
    create_pot,
    rules,
    money,
    running_pot,
    projects,
    create_project,
    review,
    description,
    pictures,
    blacklist,
    split,
    spending,
    goods,
    plans,
    payees,
    purpose,
    agreements,
    fund_transfer,
    management,
    funds,
    accounting,
    duties,
    money_trail,
    monthly,
    donations,
    saved_views,
    exports,
    refund_requests,
    receipts,
    donation_changes,
    project_correction,
    cases,
    bursts,
    settings,
    imports,
    approvals,
    messages,
    payments,
    audit,
    network,
    merge_node,
    people,
    invite,
    invite_file,
    tokens,
    partners,
    partner_deliveries,
    partner_mapping,
    sources,
    operations,
)


def attach(app: Flask) -> None:
    """Register the manager pages."""
    set_up(app)
    app.register_blueprint(blueprint)
