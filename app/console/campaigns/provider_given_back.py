"""Record that the gifts of one provider were given back after a campaign was cancelled."""

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint, named_source, refused
from app.console.effects import Change, Typed, effect_page
from app.current import deps
from app.http import access
from campaigns.closing.give_back import mark_provider_given_back, next_of_provider
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from kernel.db import Tx
from kernel.errors import Conflict
from kernel.money import yuan


@blueprint.route("/campaigns/<slug>/given-back/<provider>", methods=["GET", "POST"])
@access.signed_in(Permission.DONATIONS_REFUND)
def provider_given_back(slug: str, provider: str) -> str | Response:
    """Record that a partner or the federation gave back its gifts of a cancelled campaign."""
    back = url_for("console.campaign", slug=slug, _anchor="back")
    try:
        with deps().db.transaction() as tx:
            name, shown = find_campaign(tx, slug).name, next_of_provider(tx, slug, provider)
    except Conflict as refusal:
        return refused(refusal, back)

    def make(tx: Tx, typed: Typed) -> Sequence[str]:
        left = mark_provider_given_back(tx, deps(), slug, shown, typed.reason, typed.caller.name)
        figures = {"source": named_source(provider), "count": shown.donations, "amount": yuan(shown.left_minor)}
        rest = [_("这个来源另有 %(count)s 笔，登记完这一批再登记。", count=left)] if left else []
        return [
            _("%(source)s的 %(count)s 笔、%(amount)s 元记为已由平台或主办方退回，账上同时冲回。", **figures),
            *rest,
            _("系统不会再退款，请确认捐赠人已经收到。"),
        ]

    change = Change(
        Permission.DONATIONS_REFUND,
        _("全部登记已退回"),
        name,
        back,
        make,
        _("确认已退回"),
        _("已登记。"),
        act="donations.given_back",
        subject=slug,
        arguments=shown._asdict(),
    )
    return effect_page(change)
