"""Books, providers and bank side by side; one difference with its evidence; signing off several at once."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, named_source, said_of
from app.console.desks.assignments import assignments_at
from app.console.effects import Change, Choice, Typed, chosen, effect_page
from app.console.saved_views import views_at
from app.current import deps
from app.duties import perform
from app.http import access
from app.http.heavy_reads import heavy
from app.http.scope import Where
from app.i18n.accounting_labels import DIFFERENCE_ACCOUNTS
from app.i18n.audit.audit_texts import act_text, changes_text
from app.i18n.labels import CAUSES, word
from app.i18n.reconciliation_texts import suggestion
from app.web.blueprint import requested_page
from campaigns.approvals.desk import open_of, requesters
from campaigns.audit import entries_of
from campaigns.closing.models import STATES
from campaigns.closing.reconciliation import discrepancies
from campaigns.closing.reconciliation.bookings import booked_sums
from campaigns.closing.reconciliation.evidence import evidence, find_discrepancy
from campaigns.closing.reconciliation.sign_off_together import (
    NO_CAMPAIGN,
    Group,
    group_of,
    groups,
    sign_off_together,
)
from campaigns.closing.reconciliation.three_sides import at_bank, sides
from campaigns.closing.suggested_accounts import suggested_account
from campaigns.lifecycle.models import Campaign
from campaigns.network.roles import Permission
from campaigns.subject_names import named_details
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.ids import MOST_ID
from kernel.money import yuan
from ledger.chart import AccountKind

PAGE_SIZE = 50
_ACTS = ("discrepancy.sign_off", "discrepancy.take_second", "discrepancy.rebook", "discrepancy.reopen")


@blueprint.get("/reconciliation", endpoint="three_sides")
@access.signed_in(Permission.READ, where=Where.FEDERATION)
@heavy
def show_sides() -> str:
    """Show what providers hold and sent, what the bank shows, and the differences that belong to no campaign."""
    page, state = requested_page(PAGE_SIZE), chosen_state()
    with deps().db.snapshot() as tx:
        rows, total = discrepancies.listed(tx, None, state or None, page)
        assigned = assignments_at(tx, "discrepancy", (row.id for row in rows))
        shown: dict[str, Any] = {"sides": sides(tx), "accounts": at_bank(tx), "groups": groups(tx, None)}
        shown |= {
            "assigned": assigned,
            "state": state,
            "states": STATES,
            "views": views_at(tx, "differences", {"state": state}),
        }
        booked = booked_sums(tx, None)
    return render_template(
        "console/three_sides.html", rows=rows, total=total, page=page, booked=booked, slug=NO_CAMPAIGN, **shown
    )


@blueprint.get("/discrepancies/<int:discrepancy_id>", endpoint="difference")
@access.signed_in(Permission.READ)
def show(discrepancy_id: int) -> str:
    """Show one difference: what both sides state, its possible causes, and the form to sign it off."""
    with deps().db.snapshot() as tx:
        row = find_discrepancy(tx, min(discrepancy_id, MOST_ID))
        lines = evidence(tx, row)
        campaign = tx.get(Campaign, row.campaign_id) if row.campaign_id else None
        acts = entries_of(tx, f"discrepancy:{row.id}")
        details = named_details(tx, [entry.detail for entry in acts])
        assigned = assignments_at(tx, "discrepancy", [row.id])
        requested = requesters(tx, _ACTS, row.id)
        waiting = {id_: at for act in _ACTS for id_, at in open_of(tx, act, [row.id]).items()}
    return render_template(
        "console/difference.html",
        row=row,
        lines=lines,
        assigned=assigned,
        campaign=campaign,
        suggestion=suggestion(row),
        pending=waiting.get(str(row.id)),
        acts=[
            (entry, act_text(entry.action), changes_text(detail), requested.get(entry.at))
            for entry, detail in zip(acts, details, strict=True)
        ],
    )


@blueprint.post("/discrepancies/<int:discrepancy_id>/sign-off", endpoint="difference_sign_off")
@access.signed_in_to_act(Permission.RECONCILE)
def sign_off(discrepancy_id: int) -> Response:
    """Sign off a difference with a reason, and book it on the account of its cause."""
    return decide(discrepancy_id, "discrepancy.sign_off", _("已签字。"), account=chosen_account())


@blueprint.post("/discrepancies/<int:discrepancy_id>/rebook", endpoint="difference_rebook")
@access.signed_in_to_act(Permission.RECONCILE)
def rebook(discrepancy_id: int) -> Response:
    """Rebook a signed-off difference on the account of another cause, with a reason."""
    return decide(discrepancy_id, "discrepancy.rebook", _("已改记。"), account=chosen_account())


@blueprint.post("/discrepancies/<int:discrepancy_id>/reopen", endpoint="difference_reopen")
@access.signed_in_to_act(Permission.RECONCILE)
def reopen(discrepancy_id: int) -> Response:
    """Withdraw a sign-off, with a reason."""
    return decide(discrepancy_id, "discrepancy.reopen", _("已撤回签字。"))


def decide(discrepancy_id: int, name: str, done: str, **arguments: Any) -> Response:
    """Perform an act on a difference with the reason of the form, and redirect to its page."""
    reason = request.form.get("reason", "").strip()[:500]
    return act(
        Permission.RECONCILE,
        url_for("console.difference", discrepancy_id=discrepancy_id),
        lambda tx, _caller: said_of(perform(tx, name, min(discrepancy_id, MOST_ID), reason, **arguments)),
        done,
    )


def chosen_state() -> str:
    """Return the state of differences that the address requests; empty for all."""
    state = request.args.get("state", "")
    return state if state in STATES else ""


def chosen_account() -> str:
    """Return the account that the form of a difference names; `suspense` by default."""
    return request.form.get("account", "") or AccountKind.SUSPENSE.value


@blueprint.route(
    "/reconciliation/together/<provider>/<cause>/<day>", methods=["GET", "POST"], endpoint="difference_together"
)
@access.signed_in(Permission.RECONCILE, where=Where.FEDERATION)
def together(provider: str, cause: str, day: str) -> str | Response:
    """Sign off the open differences of one provider, cause and day that belong to no campaign."""
    return _together(NO_CAMPAIGN, provider, cause, day, url_for("console.three_sides"))


@blueprint.route(
    "/campaigns/<slug>/reconciliation/together/<provider>/<cause>/<day>",
    methods=["GET", "POST"],
    endpoint="reconciliation_together",
)
@access.signed_in(Permission.RECONCILE)
def together_of_campaign(slug: str, provider: str, cause: str, day: str) -> str | Response:
    """Sign off the open differences of a campaign for one provider, cause and day."""
    return _together(slug, provider, cause, day, url_for("console.reconciliation", slug=slug))


def _together(slug: str, provider: str, cause: str, day: str, back: str) -> str | Response:
    group = group_named(slug, provider, cause, day)
    if group is None:
        flash(_("这组差异已经全部了结。"), "good")
        return redirect(back, 303)
    choice = None if group.is_of_bills else Choice("account", _("记到"), DIFFERENCE_ACCOUNTS, _suggested(group))

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        account = chosen(choice, typed.form) if choice else AccountKind.SUSPENSE
        sign_off_together(tx, slug, group.shown, typed.reason, typed.caller.name, account)
        return _effect(group, account)

    change = Change(
        Permission.RECONCILE,
        _("一并签字"),
        _("对账"),
        back,
        make,
        _("确认签字"),
        _("已签字。"),
        choice=choice,
        act="discrepancies.sign_off",
        subject=slug,
        arguments={"cause": group.cause, **counted(group)},
    )
    return effect_page(change)


def group_named(slug: str, provider: str, cause: str, day: str) -> Group | None:
    """Return the group of open differences that an address names; None if none are left."""
    try:
        with deps().db.transaction() as tx:
            return group_of(tx, slug, provider, cause, date.fromisoformat(day))
    except (ValueError, NotFound):
        return None


def counted(group: Group) -> dict[str, Any]:
    """Return the figures of a group that the manager saw when deciding, as arguments of the act."""
    shown = {name: getattr(group, name) for name in ("provider", "differences", "stake_minor")}
    return {**shown, "day": str(group.day)}


def _suggested(group: Group) -> str:
    """Return the account that the cause suggests for the differences of the group."""
    return suggested_account(group.provider, group.cause, group.stake_minor)


def _effect(group: Group, account: str) -> list[str]:
    figures = {
        "count": group.differences,
        "source": named_source(group.provider),
        "cause": word(CAUSES, group.cause),
    }
    if group.is_of_bills:
        return [_("%(source)s：%(count)s 条流水以第一种说法为准，不另记账。", **figures)]
    return [
        _("%(source)s：%(count)s 笔“%(cause)s”一并签字，原因相同。", **figures),
        _(
            "净额 %(sum)s 元记入%(account)s；不计正负共 %(stake)s 元。",
            account=word(DIFFERENCE_ACCOUNTS, account),
            sum=yuan(group.sum_minor),
            stake=yuan(group.stake_minor),
        ),
    ]
