"""Replies to platforms that contradict their sums of a campaign."""

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.current import deps
from app.http import access
from campaigns.closing.publication.partner_sums import reply_to_answer
from campaigns.closing.publication.partner_sums_models import PartnerSumsAnswer
from campaigns.lifecycle.models import Campaign
from campaigns.network.roles import Permission


@blueprint.post("/partner-sums/<int:sums_answer_id>", endpoint="partner_sums_reply")
@access.signed_in_to_act(Permission.RECONCILE)
def reply(sums_answer_id: int) -> Response:
    """Reply to a contradiction with a reason that the platform can read."""
    reason = request.form.get("reason", "").replace("\x00", "").strip()
    with deps().db.transaction() as tx:
        contradiction = tx.get(PartnerSumsAnswer, sums_answer_id)
        campaign = tx.get(Campaign, contradiction.campaign_id) if contradiction else None
        slug = campaign.slug if campaign else ""
    return act(
        Permission.RECONCILE,
        url_for("console.reconciliation", slug=slug),
        lambda tx, caller: reply_to_answer(tx, sums_answer_id, reason, caller.name) and None,
        _("已答复，平台能看到。"),
    )
