"""The awards of a campaign: criteria before its end, winners computed from the books, published after the
notice."""

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.console.blueprint import act, blueprint
from app.console.effects import Change, Typed, effect_page
from app.console.forms import ConsoleForm
from app.current import deps
from app.http import access
from app.http.scope import Where
from app.i18n.awards import award_rule, award_sentence, reached_at
from campaigns.awards import awards
from campaigns.awards.awards import MOST_NAME, MOST_PLACES, NewAward
from campaigns.lifecycle.campaign import find_campaign
from campaigns.network.roles import Caller, Permission
from campaigns.reasons import require_one_line_reason
from kernel.db import Tx


@blueprint.get("/campaigns/<slug>/awards", endpoint="awards")
@access.signed_in(Permission.READ, where=Where.FROM_BELOW)
def show(slug: str) -> str:
    """Show the criteria, the winners by the current books if requested, and the published awards."""
    return _page(slug, ConsoleForm({}), counted="now" in request.args)


@blueprint.post("/campaigns/<slug>/awards", endpoint="award_add")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def add(slug: str) -> str | Response:
    """Add an award."""
    form = ConsoleForm(request.form)
    new = NewAward(
        **{name: form[name].strip() for name in ("name", "among", "criterion", "tie")},
        places=form.whole("places") or 0,
        mark_minor=form.amount("mark_minor"),
    )

    def do(tx: Tx, caller: Caller) -> None:
        awards.add(tx, slug, new, caller.name)

    back = act(Permission.CAMPAIGNS_WRITE, _address(slug), do, _("奖项已加上，活动页面会写明怎么评。"), form)
    return _page(slug, form) if form.faults else back


@blueprint.post("/campaigns/<slug>/awards/<int:award_id>/remove", endpoint="award_remove")
@access.signed_in_to_act(Permission.CAMPAIGNS_WRITE)
def remove(slug: str, award_id: int) -> Response:
    """Remove an award before the campaign ends, with a reason."""
    reason = request.form.get("reason", "")

    def do(tx: Tx, caller: Caller) -> None:
        require_one_line_reason(reason)
        awards.remove(tx, slug, award_id, reason.strip(), caller.name)

    return act(Permission.CAMPAIGNS_WRITE, _address(slug), do, _("奖项已去掉。"))


@blueprint.route("/campaigns/<slug>/awards/publish", methods=["GET", "POST"], endpoint="award_publish")
@access.signed_in(Permission.CAMPAIGNS_WRITE)
def publish(slug: str) -> str | Response:
    """Publish the awards as computed from the books, or correct those that were published."""

    def make(tx: Tx, typed: Typed) -> list[str]:
        row = awards.publish(tx, slug, typed.reason, typed.caller.name)
        last = _("上一次公布的仍可查到，旁边写明更正的原因。")
        return [
            *(award_sentence(award) for award in row.awards),
            _("马上登在活动页面和表彰页，谁都能看到，得奖者可以取证书。"),
            last if row.version > 1 else _("公布后只能更正，不能撤下。"),
        ]

    with deps().db.transaction() as tx:
        campaign = find_campaign(tx, slug)
        corrects = awards.latest(tx, campaign.id or 0) is not None
    title, button = (_("更正公布"), _("确认更正")) if corrects else (_("公布表彰"), _("确认公布"))
    words = title, campaign.name, _address(slug), make, button, _("表彰已公布，活动页面可以看到。")
    return effect_page(Change(Permission.CAMPAIGNS_WRITE, *words, asks_why=corrects))


def _page(slug: str, form: ConsoleForm, *, counted: bool = False) -> str:
    with deps().db.snapshot() as tx:
        campaign = find_campaign(tx, slug)
        assert campaign.id is not None
        shown = {
            "rules": awards.awards_of(tx, campaign.id),
            "computed": awards.computed(tx, campaign.id) if counted else None,
            "publications": awards.publications_of(tx, campaign.id),
            "open": awards.waits_for_awards(campaign) and campaign.ends_at > tx.now,
        }
    most = {"name": MOST_NAME, "places": MOST_PLACES}
    words = {"award_rule": award_rule, "reached_at": reached_at}
    return render_template("console/awards.html", campaign=campaign, form=form, most=most, **words, **shown)


def _address(slug: str) -> str:
    return url_for("console.awards", slug=slug)
