"""Registration of all console pages."""

from flask import Flask

from app.console import home, saved_views, training
from app.console.blueprint import blueprint
from app.console.books import accounting, duties, funds, goals, monthly
from app.console.campaigns import (
    analytics,
    awards,
    campaign,
    copy,
    draft,
    entries,
    live,
    notices,
    plan,
    provider_given_back,
    reconciliation,
    reconciliation_report,
    running,
    samples,
    second_bill,
    self_checks,
    simulate,
    sources,
    stop,
    three_sides,
)
from app.console.desks import (
    approvals,
    assignments,
    messages,
    objections,
    operations,
    payments,
    questions,
    receipts,
    refund_requests,
    teams,
    words,
)
from app.console.donations import donation_changes, donations, money_trail, project_correction, seek
from app.console.files import exports, file_orders, imports
from app.console.money_out import agreements, fund_transfer, management, payees, plans, purpose
from app.console.network import merge_node, network, stations
from app.console.partners import (
    partner_alarms,
    partner_bills,
    partner_deliveries,
    partner_mapping,
    partner_sums,
    partners,
)
from app.console.people import account, audit, invite, invite_file, join, people, second_factor, sign_in, tokens
from app.console.pots import create as create_pot
from app.console.pots import money, pot, rules
from app.console.pots import running as running_pot
from app.console.projects import blacklist, description, goods, pictures, projects, review, spending, split
from app.console.projects import create as create_project
from app.console.screening import bursts, cases, settings
from app.web.blueprint import set_up

# Importing a page module binds its views to the blueprint.
PAGES = (
    home,
    seek,
    sign_in,
    teams,
    objections,
    three_sides,
    training,
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
    plan,
    samples,
    self_checks,
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
    goals,
    accounting,
    duties,
    money_trail,
    monthly,
    donations,
    saved_views,
    second_bill,
    exports,
    file_orders,
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
    stations,
    merge_node,
    people,
    invite,
    invite_file,
    tokens,
    partners,
    partner_alarms,
    partner_deliveries,
    partner_bills,
    partner_mapping,
    provider_given_back,
    sources,
    assignments,
    operations,
    partner_sums,
)


def attach(app: Flask) -> None:
    """Register the console pages."""
    set_up(app)
    app.register_blueprint(blueprint)
