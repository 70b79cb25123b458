"""The samples that an auditor draws from a campaign after the notice, and marks record by record."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Caller, Permission
from campaigns.sampling.draw import MOST_DRAWN, MOST_WORD, NewSample, draw_sample
from campaigns.sampling.marks import MOST_NOTE, mark, samples_of
from kernel.db import Tx

_MOST = {"word": MOST_WORD, "drawn": MOST_DRAWN, "note": MOST_NOTE}


@blueprint.get("/campaigns/<slug>/samples", endpoint="samples")
@access.signed_in(Permission.READ)
def list_samples(slug: str) -> str:
    """List all samples with their records, the latest first."""
    with deps().db.snapshot() as tx:
        campaign = find_campaign(tx, slug)
        samples = samples_of(tx, campaign.id or 0)
    return render_template("console/samples.html", campaign=campaign, samples=samples, most=_MOST)


@blueprint.post("/campaigns/<slug>/samples", endpoint="sample_draw")
@access.signed_in_to_act(Permission.AUDIT_SAMPLE)
def draw(slug: str) -> Response:
    """Draw a sample with the auditor's seed word."""
    form = ConsoleForm(request.form)
    new = NewSample(form["word"], form.whole("donations") or 0, form.whole("payouts") or 0)
    return act(
        Permission.AUDIT_SAMPLE,
        url_for("console.samples", slug=slug),
        lambda tx, caller: draw_sample(tx, slug, new, caller.name) and None,
        _("样本已抽出，种子和规则已公布。"),
    )


@blueprint.post("/campaigns/<slug>/samples/<int:number>/<int:place>", endpoint="sample_mark")
@access.signed_in_to_act(Permission.AUDIT_SAMPLE)
def set_mark(slug: str, number: int, place: int) -> Response:
    """Mark a record as checked or in question."""
    form = ConsoleForm(request.form)

    def do(tx: Tx, caller: Caller) -> None:
        mark(tx, slug, number, place, form["state"], form["note"], caller.name)

    back = url_for("console.samples", slug=slug, _anchor=f"item-{number}-{place}")
    return act(Permission.AUDIT_SAMPLE, back, do, _("已记下。"))
