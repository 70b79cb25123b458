"""Copy a campaign as a new draft, after a preview of what is copied."""

from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import blueprint
from app.console.forms import ConsoleForm
from app.console.previewed import show_or_save
from app.current import deps
from app.http import access, scope
from campaigns.copy_campaign import Copied, CopyOf, copy_campaign, funds_of
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Permission
from kernel.db import Tx

MOST_NAME = 200


@blueprint.route("/campaigns/<slug>/copy", methods=["GET", "POST"], endpoint="campaign_copy")
@access.signed_in(Permission.CAMPAIGNS_WRITE)
def copy(slug: str) -> str | Response:
    """Create a draft from a campaign, with its dates moved."""
    form = ConsoleForm(request.form)
    return show_or_save(
        form,
        _read(form) if form.finished else None,
        page=partial(_page, slug),
        preview=partial(_preview, slug),
        save=partial(_save, slug),
    )


def _read(form: ConsoleForm) -> CopyOf | None:
    form.require("name", "slug", "opens_at")
    name, opens_at = form.text("name", MOST_NAME), form.moment("opens_at")
    if form.faults or name is None or opens_at is None:
        return None
    return CopyOf(form["slug"], name, opens_at, form["with_pots"] == "yes")


def _preview(slug: str, tx: Tx, new: CopyOf) -> dict[str, Any]:
    copied = _copy(tx, slug, new)
    return {"copied": copied, "ends_at": copied.campaign.ends_at}


def _copy(tx: Tx, slug: str, new: CopyOf) -> Copied:
    if new.with_pots:
        for fund_id in sorted(funds_of(tx, slug)):
            scope.require_draw(tx, slug, fund_id)
    return copy_campaign(tx, slug, new, access.actor())


def _save(slug: str, new: CopyOf) -> Response:
    with deps().db.transaction() as tx:
        _copy(tx, slug, new)
    flash(_("活动草稿已建立。备案编号和备案日期要另填，其他内容请核对。"), "good")
    return redirect(url_for("console.campaign", slug=new.slug), 303)


def _page(slug: str, form: ConsoleForm, preview: dict[str, Any] | None = None) -> str:
    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
    return render_template("console/campaign_copy.html", campaign=campaign, form=form, preview=preview)
