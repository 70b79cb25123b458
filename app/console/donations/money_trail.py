"""The trail of a gift through every record, from its payment to the voucher of what it bought."""

from functools import partial
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from flask import render_template, url_for

from app.console.blueprint import blueprint, named_source
from app.current import deps
from app.http import access
from app.i18n.accounting_labels import TRANSFER_KINDS
from app.i18n.labels import word
from app.i18n.money_trail import STAGES
from campaigns import holders
from campaigns.money_trail import Record, Stage, follow
from campaigns.network.roles import Permission

_BY_DAY = (Stage.BANKED, Stage.REMITTED, Stage.SPENT, Stage.BOOKED)  # their time of day is unknown
_OF_PROVIDERS = (Stage.PAID, Stage.STATED, Stage.BANKED)


@blueprint.get("/donations/<uuid:donation_id>/trail", endpoint="money_trail")
@access.signed_in(Permission.READ)
def show(donation_id: UUID) -> str:
    """Show every record of a gift, stage by stage."""
    with deps().db.snapshot() as tx:
        trail = follow(tx, donation_id)
        host = holders.holder_of(tx, "slug", trail.donation.campaign)
    by_stage = {stage: list(records) for stage, records in groupby(trail.records, attrgetter("stage"))}
    return render_template(
        "console/money_trail.html",
        donation=trail.donation,
        trace=trail.trace,
        stages=[(STAGES[stage], by_stage.get(stage, [])) for stage in Stage],
        by_day=_BY_DAY,
        name_of=_name,
        link_of=partial(_link, host),
    )


def _name(record: Record) -> str:
    if record.stage in _OF_PROVIDERS:
        return named_source(record.name)
    return str(word(TRANSFER_KINDS, record.name)) if record.stage == Stage.BOOKED else record.name


def _link(host: holders.Holder, record: Record) -> str:
    """Return the address of a record's page; empty if it has none or the manager may not open it. A payout plan
    belongs to the campaign's host, a spending to the gift's project."""
    if record.stage == Stage.REMITTED and access.opens("payout_plan", host):
        return url_for("console.payout_plan", plan_id=record.key)
    if record.stage == Stage.SPENT and access.opens("spending_photo"):
        return url_for("console.spending_photo", spending_id=record.key)
    if record.stage == Stage.BOOKED and access.opens("voucher"):
        return url_for("console.voucher", voucher_id=record.key)
    return ""
