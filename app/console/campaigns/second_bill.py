"""Replace a partner's first bill by its second, different one: a single line, or the whole bill."""

from collections.abc import Sequence

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint, named_source
from app.console.campaigns.three_sides import counted, decide, group_named
from app.console.effects import Change, Typed, effect_page
from app.http import access
from app.http.scope import Where
from campaigns.closing.models import CONTRADICTION
from campaigns.closing.reconciliation.sign_off_together import NO_CAMPAIGN
from campaigns.closing.reconciliation.take_second import take_second_together
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.money import yuan


@blueprint.post("/discrepancies/<int:discrepancy_id>/take-second", endpoint="difference_take_second")
@access.signed_in_to_act(Permission.RECONCILE)
def take_second(discrepancy_id: int) -> Response:
    """Let the second bill count for one line, with a reason."""
    return decide(discrepancy_id, "discrepancy.take_second", _("已改用后一份账单。"))


@blueprint.route("/reconciliation/second/<provider>/<day>", methods=["GET", "POST"], endpoint="second_bill")
@access.signed_in(Permission.RECONCILE, where=Where.FEDERATION)
def take_bill(provider: str, day: str) -> str | Response:
    """Take over all lines of a second bill that belong to no campaign."""
    return _take_bill(NO_CAMPAIGN, provider, day, url_for("console.three_sides"))


@blueprint.route(
    "/campaigns/<slug>/reconciliation/second/<provider>/<day>",
    methods=["GET", "POST"],
    endpoint="reconciliation_second_bill",
)
@access.signed_in(Permission.RECONCILE)
def take_bill_of_campaign(slug: str, provider: str, day: str) -> str | Response:
    """Take over all lines of a second bill that belong to a campaign."""
    return _take_bill(slug, provider, day, url_for("console.reconciliation", slug=slug))


def _take_bill(slug: str, provider: str, day: str, back: str) -> str | Response:
    group = group_named(slug, provider, CONTRADICTION, day)
    if group is None:
        flash(_("这组差异已经全部了结。"), "good")
        return redirect(back, 303)

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        take_second_together(tx, slug, group.shown, typed.reason, typed.caller.name)
        figures = {"count": group.differences, "source": named_source(group.provider)}
        return [
            _("%(source)s：%(count)s 条流水改以后一份账单为准，后一份没有的流水不再算。", **figures),
            _(
                "前后两份里较大的金额合计 %(stake)s 元。账单和账上还不一致的，另列差异。",
                stake=yuan(group.stake_minor),
            ),
        ]

    change = Change(
        Permission.RECONCILE,
        _("整份改用后一份账单"),
        _("对账"),
        back,
        make,
        _("确认改用"),
        _("已改用后一份账单。"),
        act="discrepancies.take_second",
        subject=slug,
        arguments=counted(group),
    )
    return effect_page(change)
