"""Change a scheduled or running campaign: extend it, end it early, or make it a draft again."""

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint, said_of
from app.duties import perform
from app.http import access
from campaigns.closing import reschedule
from campaigns.network.roles import Caller, Permission
from kernel.db import Tx
from kernel.errors import Invalid
from kernel.human_input import Unreadable, read_moment


@blueprint.post("/campaigns/<slug>/extend")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def extend(slug: str) -> Response:
    """Extend the campaign."""

    def do(tx: Tx, _caller: Caller) -> str | None:
        try:
            ends_at = read_moment(request.form.get("ends_at", "")).at
        except Unreadable as error:
            raise Invalid("time_invalid", fields={"ends_at": error.fault}) from error
        return said_of(perform(tx, "campaign.extend", slug, _reason(), ends_at=ends_at.isoformat()))

    return act(Permission.CAMPAIGNS_WRITE, url_for("console.campaign", slug=slug), do, _("活动已延长。"))


@blueprint.post("/campaigns/<slug>/end-early")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def end_early(slug: str) -> Response:
    """End the campaign now."""
    return act(
        Permission.CAMPAIGNS_WRITE,
        url_for("console.campaign", slug=slug),
        lambda tx, caller: reschedule.end_early(tx, slug, _reason(), caller.name),
        _("活动已提前结束，正在支付的捐赠人可以付完。"),
    )


@blueprint.post("/campaigns/<slug>/unschedule")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def unschedule(slug: str) -> Response:
    """Make the campaign a draft again."""
    return act(
        Permission.CAMPAIGNS_WRITE,
        url_for("console.campaign", slug=slug),
        lambda tx, caller: reschedule.unschedule(tx, slug, _reason(), caller.name),
        _("活动已退回草稿。"),
    )


def _reason() -> str:
    return request.form.get("reason", "").strip()[:500]
