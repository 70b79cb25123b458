"""The public notices of a campaign, the changes since the last one, and publishing a correction."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.current import deps
from app.http import access
from app.i18n.notices import notice_number
from campaigns.closing.publication.notices import correct, latest, notices_of, pending_changes
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission


@blueprint.get("/campaigns/<slug>/notices", endpoint="notices")
@access.signed_in(Permission.READ)
def list_notices(slug: str) -> str:
    """List all versions, and what a correction would state now."""
    with deps().db.snapshot() as tx:
        campaign = find_campaign(tx, slug)
        rows, last = notices_of(tx, campaign.id or 0), latest(tx, campaign.id or 0)
        changed = pending_changes(tx, last) if last else []
    return render_template(
        "console/notices.html", campaign=campaign, rows=rows, changed=changed, number_of=notice_number
    )


@blueprint.post("/campaigns/<slug>/notices", endpoint="notice_correct")
@access.signed_in_to_act(Permission.RECONCILE, Permission.CAMPAIGNS_WRITE)
def publish(slug: str) -> Response:
    """Publish a correction with a reason. The previous notice stays public and links to it."""
    reason = request.form.get("reason", "").strip()[:500]
    return act(
        None,
        url_for("console.notices", slug=slug),
        lambda tx, caller: correct(tx, slug, reason, caller.name) and None,
        _("更正公告已发布。"),
    )
